import { MemtrackError } from '../core/errors.ts';
import type { BufferFile } from '../core/snapshot.ts';
import type { Buffer } from '../model/buffer.ts';
import { CAP, capable } from '../model/credentials.ts';
import type { Exporter } from '../model/exporter.ts';
import type { File } from '../model/file.ts';
import { PAGE, pageAligned } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { DmaBufAttachment } from './dma-buf-attachment.ts';
import { DmaBufExporter } from './dma-buf.ts';
import type { DmaBufs } from './dma-buf.ts';
import { type DrmDriver, SHMEM_MAPPED } from './drm-driver.ts';
import type { DrmFile } from './drm-file.ts';
import type { Framebuffer } from './framebuffer.ts';
import { GemObject } from './gem-object.ts';
import { Idr } from './idr.ts';
import { VmaOffsets } from './vma-offsets.ts';

/** A device node. */
export interface DrmNode {
  /** `/dev/dri/card0` */
  readonly path: string;
  readonly minor: number;
  readonly render: boolean;
  /** Its inode in devtmpfs. */
  readonly identity: BufferFile;
}

/** What the system of DRM devices tells a new one. */
export interface DrmDeviceSetup {
  readonly kernel: Kernel;
  readonly dmaBufs: DmaBufs;
  readonly driver: DrmDriver;
  /** dev_name of the parent: `vgem`, `0000:00:04.0`. */
  readonly name: string;
  readonly card: DrmNode;
  readonly renderNode: DrmNode | null;
  /** The lowest id that a framebuffer can get: those below belong to CRTCs, connectors, planes and properties. */
  readonly firstModeObject: number;
  readonly showFdinfo: (file: DrmFile) => string;
}

/**
 * A DRM device (struct drm_device): its objects, their flink names and fake offsets, its open files and framebuffers.
 *
 * @example
 * const device = kernel.drmDevice('vgem');
 * const fd = kernel.drm.open(task, device.card.path);
 * kernel.drm.createDumb(task, fd, 64, 64, 32);
 * device.objects.map(({ size }) => size); // [16384]
 */
export class DrmDevice {
  readonly kernel: Kernel;
  readonly driver: DrmDriver;
  readonly name: string;
  readonly card: DrmNode;
  readonly renderNode: DrmNode | null;
  /** flink names, from 1. */
  readonly names = new Idr<GemObject>();
  readonly offsets = new VmaOffsets<GemObject>();
  /** Open files, in the order they were opened. */
  readonly files = new Set<DrmFile>();
  /** Newest first. */
  readonly framebuffers: Framebuffer[] = [];
  /** Names of users within the kernel, of its console. */
  readonly internalClients: string[] = [];
  readonly showFdinfo: (file: DrmFile) => string;
  /** VMA bits of mappings of its objects. */
  readonly vmFlags: number;
  /** Who may set modes: the first that opened the card, until it closes it. */
  master: DrmFile | null = null;

  readonly #dmaBufs: DmaBufs;
  readonly #objects = new Map<Buffer, GemObject>();
  readonly #attachments = new Map<GemObject, DmaBufAttachment>();
  /** dma-bufs that it has exported and that still live. */
  readonly #exported = new Map<Buffer, GemObject>();
  readonly #dmaBufOf = new Map<GemObject, Buffer>();
  readonly #modeObjects: Idr<Framebuffer>;
  readonly #exporter: Exporter;
  readonly #dmaBufExporter: DmaBufExporter;

  /** For `Drm.add`. */
  constructor(setup: DrmDeviceSetup) {
    this.kernel = setup.kernel;
    this.driver = setup.driver;
    this.name = setup.name;
    this.card = setup.card;
    this.renderNode = setup.renderNode;
    this.showFdinfo = setup.showFdinfo;
    this.vmFlags = setup.driver.vmFlags ?? SHMEM_MAPPED;
    this.#dmaBufs = setup.dmaBufs;
    this.#modeObjects = new Idr(setup.firstModeObject);
    this.#exporter = {
      name: setup.driver.name,
      kind: 'gem',
      memtrack: false,
      refs: (buffer) => buffer.pins,
      released: (buffer) => {
        this.#free(buffer);
      },
    };
    this.#dmaBufExporter = new DmaBufExporter(setup.driver.exporter ?? 'drm', {
      vmFlags: this.vmFlags,
      privateMaps: false,
      // drm_gem_prime_mmap: the offset shown has the fake offset added, and the mapping keeps the object.
      mapped: (file, request) => {
        const object = this.#exported.get(file.buffer!)!;
        object.populate();
        return { offset: request.offset + object.offset * PAGE, object: object.buffer };
      },
      released: (buffer) => {
        this.#dmaBufOf.delete(this.#exported.get(buffer)!);
        this.#exported.delete(buffer);
      },
    });
  }

  /** Live objects, in the order they were made. */
  get objects(): readonly GemObject[] {
    return [...this.#objects.values()];
  }

  /** The live dma-buf that it has exported an object as. */
  dmaBufOf(object: GemObject): Buffer | null {
    return this.#dmaBufOf.get(object) ?? null;
  }

  /** drm_gem_object_init, of whole pages, and the mmap offset: one reference, the caller's. ENOSPC: no fake offset is left. */
  createObject(creator: Task | null, size: number): GemObject {
    if (!(size > 0) || !pageAligned(size)) throw new TypeError(`createObject: expected whole pages, not ${size} bytes`);
    const object = this.#add(creator, size, null);
    if (this.driver.charges === 'created') object.charge(size / PAGE);
    return object;
  }

  /**
   * drm_gem_prime_import: the object itself if the dma-buf is one of this device's, with a reference; else a new object on top of
   * it. ENODEV: the driver takes no others.
   */
  importDmaBuf(task: Task, file: File): GemObject {
    const own = this.#exported.get(file.buffer!);
    if (own !== undefined) return own.get();
    if (this.driver.imports === false) throw new MemtrackError('ENODEV', 'DRM_IOCTL_PRIME_FD_TO_HANDLE');
    const object = this.#add(task, file.buffer!.size ?? 0, file);
    this.#attachments.set(object, new DmaBufAttachment(file, this.name));
    return object;
  }

  /** drm_gem_prime_export: a new dma-buf, with one reference, the caller's. */
  exportObject(object: GemObject, creator: Task, flags: number): File {
    const file = this.#dmaBufs.export(this.#dmaBufExporter, {
      size: object.size,
      creator,
      flags,
      backing: object.buffer,
      sameAs: object.buffer,
    });
    this.#exported.set(file.buffer!, object);
    this.#dmaBufOf.set(object, file.buffer!);
    return file;
  }

  /** drm_framebuffer_init: it takes a reference of the object, and counts as a handle if there is one. EBUSY: the id is taken. */
  createFramebuffer(options: Omit<Framebuffer, 'id' | 'refs' | 'since'>, id?: number, refs = 1): Framebuffer {
    if (id !== undefined && this.#modeObjects.has(id))
      throw new MemtrackError('EBUSY', 'DRM_IOCTL_MODE_ADDFB', `id ${id}`);
    const number = id ?? this.#modeObjects.allocate(null);
    const framebuffer = { ...options, id: number, refs, since: this.kernel.now };
    this.#modeObjects.place(number, framebuffer);
    options.object.get().addHandle();
    this.framebuffers.unshift(framebuffer);
    return framebuffer;
  }

  destroyFramebuffer(framebuffer: Framebuffer): void {
    this.framebuffers.splice(this.framebuffers.indexOf(framebuffer), 1);
    this.#modeObjects.remove(framebuffer.id);
    framebuffer.object.dropHandle();
    framebuffer.object.put();
  }

  /** capable(CAP_SYS_ADMIN): who opens it with that is authenticated. */
  trusts(task: Task): boolean {
    return capable(task.credentials, CAP.SYS_ADMIN, this.kernel.rootCredentials.userNamespace);
  }

  /** A file was opened; that of the card becomes the master if there is none (drm_master_open). */
  opened(file: DrmFile): void {
    this.files.add(file);
    if (file.node.render || this.master !== null) return;
    this.master = file;
    file.wasMaster = true;
  }

  closed(file: DrmFile): void {
    this.files.delete(file);
    if (this.master === file) this.master = null;
  }

  #add(creator: Task | null, size: number, importOf: File | null): GemObject {
    const dmaBuf = importOf?.buffer ?? null;
    const offset = this.offsets.allocate(size / PAGE);
    if (offset < 0) throw new MemtrackError('ENOSPC', 'drm_gem_create_mmap_offset');
    const buffer = this.kernel.createBuffer(this.#exporter, { size, creator, backing: dmaBuf, sameAs: dmaBuf });
    buffer.pin();
    const mm = this.kernel.driverPages ? (creator?.mm ?? null) : null;
    const object = new GemObject(this, buffer, size, offset, importOf, mm);
    this.offsets.put(offset, object);
    this.#objects.set(buffer, object);
    return object;
  }

  /** drm_gem_object_release. The CMA helper takes imports off, too, which were never put on. */
  #free(buffer: Buffer): void {
    const object = this.#objects.get(buffer)!;
    this.#objects.delete(buffer);
    this.offsets.free(object.offset);
    const { charges } = this.driver;
    if (charges === 'created' || (charges === 'populated' && object.populated && object.importOf === null))
      object.charge(-object.size / PAGE);
    const attachment = this.#attachments.get(object);
    this.#attachments.delete(object);
    attachment?.detach();
  }
}
