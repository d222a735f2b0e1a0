import { VM } from '../core/record.ts';
import { VMA } from '../model/flags.ts';
import { PFN_MAPPED } from './dma-buf.ts';
import type { DrmFile } from './drm-file.ts';
import type { GemObject } from './gem-object.ts';

/** Sizes of a dumb buffer, in bytes. */
export interface DumbLayout {
  readonly pitch: number;
  /** Of whole pages. */
  readonly size: number;
}

/** enum drm_gem_object_status, for DRM fdinfo. */
export interface GemStatus {
  readonly resident: boolean;
  readonly purgeable: boolean;
}

/**
 * struct drm_driver, as far as shared memory needs it; DRM_DRIVERS has some, and a user can write another.
 *
 * @example
 * const driver: DrmDriver = {
 *   name: 'tiler',
 *   fdinfo: true,
 *   dumb: (width, height) => ({ pitch: width * 4, size: Math.ceil((width * 4 * height) / 4096) * 4096 }),
 *   status: (object) => ({ resident: object.populated, purgeable: false }),
 * };
 * const fd = kernel.drm.open(task, kernel.drmDevice(driver).card.path);
 * kernel.drm.createDumb(task, fd, 100, 100, 32).size; // 40960
 */
export interface DrmDriver {
  readonly name: string;
  /** DRIVER_GEM; false: GEM ioctls are EOPNOTSUPP. Default true. */
  readonly gem?: boolean;
  /** DRIVER_RENDER: there is a render node. Default true. */
  readonly render?: boolean;
  /** DRIVER_MODESET: there are framebuffers. Default false. */
  readonly modeset?: boolean;
  /** exp_name of its dma-bufs. Default `drm`, of the common helper. */
  readonly exporter?: string;
  /** Pitch and size of a dumb buffer, or null to refuse it (EINVAL). Absent: no dumb buffers (ENOSYS). */
  dumb?(width: number, height: number, bitsPerPixel: number): DumbLayout | null;
  /** False: dma-bufs of others are refused (ENODEV). Default true. */
  readonly imports?: boolean;
  /**
   * The PRIME helper of Linux 3.9: PRIME_HANDLE_TO_FD takes DRM_CLOEXEC alone, so fds are read-only, and nothing but tables of
   * files has references of a dma-buf. Default false.
   */
  readonly oldPrime?: boolean;
  /** VMA bits of mappings. Default: those of the shmem helper, VM_PFNMAP and VM_DONTEXPAND. */
  readonly vmFlags?: number;
  /** Fourccs of framebuffers; others are refused with ENOENT. Default all that ADDFB can name. */
  readonly formats?: readonly string[];
  /** Smallest and largest width and height of a framebuffer (mode_config). Default 0 and 16384. */
  readonly extent?: readonly [least: number, most: number];
  /** ADDFB of an unknown handle. Default ENOENT, of the common helper. */
  readonly unknownHandle?: 'ENOENT' | 'EINVAL';
  /** MM_DRIVERPAGES: when an object's pages are charged. `created`: at creation, as the CMA helper; `populated`: when the pages are acquired, as etnaviv. Default never. */
  readonly charges?: 'created' | 'populated';
  /** Whether its files' fdinfo has DRM's lines. Default false. */
  readonly fdinfo?: boolean;
  /** gem_object_funcs.status, which adds drm-resident and drm-purgeable to them. Absent: neither is printed. */
  status?(object: GemObject): GemStatus;
  /** gem_object_funcs.rss: bytes resident of an object. Absent: its size. */
  resident?(object: GemObject): number;
  /** gem_object_funcs.close: a handle is going; its number is still taken. */
  close?(object: GemObject, file: DrmFile): void;
  /** Lines of drm_gem_print_info after the common ones, without indentation. Absent: none. */
  printInfo?(object: GemObject): readonly string[];
}

/** What drm_gem_shmem_mmap sets. */
export const SHMEM_MAPPED = VM.io | VMA.noMerge | VMA.noExpand;

/** drm_gem_shmem_print_info, for objects whose pages are pinned `pinned` times from the start. */
export function printShmemInfo(object: GemObject, pinned: number): readonly string[] {
  const { vmaps } = object;
  // To be mapped into the kernel the object is pinned, then mapped (drm_client_buffer_vmap): each needs the pages.
  const pages = pinned + 2 * vmaps + object.attachments + object.mappings;
  return [
    `pages_use_count=${pages}`,
    `vmap_use_count=${vmaps}`,
    // The kernel prints a hash of the address here.
    `vaddr=${vmaps > 0 ? 'ffffffffffffffff' : '0000000000000000'}`,
  ];
}

/** drm_gem_shmem_dumb_create: pitch in whole bytes. */
function packed(width: number, height: number, bitsPerPixel: number): DumbLayout {
  const pitch = Math.ceil((width * bitsPerPixel) / 8);
  return { pitch, size: wholePages(pitch * height) };
}

function wholePages(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}

/** Drivers of Linux 6.12, as far as they differ in what is modelled here. */
export const DRM_DRIVERS = {
  /** Virtual GEM: software rendering. */
  vgem: { name: 'vgem', dumb: packed },
  virtio_gpu: {
    name: 'virtio_gpu',
    exporter: 'virtio_gpu',
    modeset: true,
    imports: false,
    dumb: (width, height, bitsPerPixel) =>
      bitsPerPixel === 32 ? { pitch: width * 4, size: wholePages(width * 4 * height) } : null,
    formats: ['XR24', 'AR24'],
    extent: [32, 8192],
    unknownHandle: 'EINVAL',
    printInfo: (object) => printShmemInfo(object, 1),
  },
  /** A display controller on the CMA helper. */
  tidss: {
    name: 'tidss',
    render: false,
    modeset: true,
    dumb: packed,
    vmFlags: PFN_MAPPED,
    charges: 'created',
  },
  /** A GPU whose pages come when they are used. */
  etnaviv: { name: 'etnaviv', charges: 'populated' },
  /** A GPU whose fdinfo has memory statistics. */
  panfrost: {
    name: 'panfrost',
    fdinfo: true,
    status: (object) => ({ resident: object.populated, purgeable: object.purgeable }),
  },
} as const satisfies Readonly<Record<string, DrmDriver>>;
