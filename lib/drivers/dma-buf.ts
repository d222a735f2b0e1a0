import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import type { BufferKind } from '../core/snapshot.ts';
import type { Buffer } from '../model/buffer.ts';
import type { Exporter } from '../model/exporter.ts';
import type { FileOperations, Mapped, MmapRequest } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O, VMA } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';

/** DMA_BUF_NAME_LEN: bytes of a name with its NUL. */
const NAME_LEN = 32;

export interface DmaBufExporterOptions {
  /** VM and VMA bits of its mappings. Default: pages without struct page, as the system heap maps them (remap_pfn_range). */
  readonly vmFlags?: number;
  /** False: the exporter has no mmap (EINVAL). Default true. */
  readonly mappable?: boolean;
  /** False: MAP_PRIVATE is EINVAL. Default true. */
  readonly privateMaps?: boolean;
  /** The dma-buf is released (dma_buf_ops.release). */
  readonly released?: (buffer: Buffer) => void;
  /** What a mapping is of, if not simply of the dma-buf (dma_buf_ops.mmap). */
  readonly mapped?: (file: File, request: MmapRequest) => Mapped;
}

/** What remap_pfn_range sets: never merges, does not grow, shown with `#`. */
export const PFN_MAPPED = VM.io | VMA.noMerge | VMA.noExpand | VMA.io;

/** dma_buf_ops and exp_name, as far as they show: whose buffers these are and how they map. */
export class DmaBufExporter implements Exporter {
  readonly name: string;
  readonly kind: BufferKind = 'dma-buf';
  readonly memtrack = false;
  readonly operations: FileOperations;
  readonly released?: (buffer: Buffer) => void;

  constructor(name: string, options: DmaBufExporterOptions = {}) {
    this.name = name;
    if (options.released !== undefined) this.released = options.released;
    const { mappable = true, privateMaps = true } = options;
    this.operations = {
      vmFlags: options.vmFlags ?? PFN_MAPPED,
      link: (file) => `/dmabuf:${file.buffer?.name ?? ''}`,
      mmap: (file, request) => {
        if (!mappable || (!request.shared && !privateMaps) || beyond(file, request))
          throw new MemtrackError('EINVAL', 'dma_buf_mmap');
      },
      poll: true,
      ...(options.mapped === undefined ? {} : { mapped: options.mapped }),
      setName: (file, name) => setName(file, name),
    };
  }
}

export interface DmaBufExport {
  /** Bytes. */
  readonly size: number;
  readonly creator: Task;
  /** O_ flags of the file. Default O_RDWR. */
  readonly flags?: number;
  readonly backing?: Buffer;
  /** The buffer of which it is another form; see `BufferOptions.sameAs`. */
  readonly sameAs?: Buffer;
}

/** The pseudo file system of dma-bufs: one inode per buffer, numbered 1, 2, 3 … and never used again (5.19 and later). */
export class DmaBufs {
  readonly #kernel: Kernel;
  readonly #dev: string;
  #inodes = 0;

  /** `dev`: st_dev of all dma-bufs, `major:minor`. */
  constructor(kernel: Kernel, dev = '0:11') {
    this.#kernel = kernel;
    this.#dev = dev;
  }

  /**
   * dma_buf_export: a new buffer and its file, whose one reference is the caller's.
   *
   * @example
   * const fd = task.install(dmaBufs.export(new DmaBufExporter('camera'), { size: 4096, creator: task }));
   */
  export(exporter: DmaBufExporter, options: DmaBufExport): File {
    const buffer = this.#kernel.createBuffer(exporter, {
      size: options.size,
      creator: options.creator,
      backing: options.backing ?? null,
      sameAs: options.sameAs ?? null,
      files: [{ dev: this.#dev, inode: ++this.#inodes }],
    });
    const flags = (options.flags ?? O.RDWR) & (O.ACCMODE | O.NONBLOCK);
    return new File({ buffer, flags, operations: exporter.operations });
  }

  /**
   * dma_buf_export of memory that exists: one more file of the buffer, with an inode of its own, which joins `buffer.files`; its
   * one reference is the caller's, and the inode the exporter's to take out again when the file is released.
   */
  wrap(buffer: Buffer, operations: FileOperations, flags: number = O.RDWR): File {
    const identity = { dev: this.#dev, inode: ++this.#inodes };
    buffer.files = [...buffer.files, identity];
    return new File({ buffer, identity, flags: flags & (O.ACCMODE | O.NONBLOCK), operations });
  }
}

/**
 * dma_buf_attach: a device uses the dma-buf, which bufinfo tells, and has a reference of its file until it is detached.
 *
 * @example
 * const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
 * const attachment = new DmaBufAttachment(task.file(fd), 'fe000000.gpu');
 * task.file(fd).refs; // 2
 * attachment.detach();
 */
export class DmaBufAttachment {
  readonly file: File;
  readonly device: string;
  #attached = true;

  /** `device`: dev_name. EINVAL: not a dma-buf. */
  constructor(file: File, device: string) {
    if (file.buffer === null || !file.isDmaBuf) throw new MemtrackError('EINVAL', 'dma_buf_attach', 'not a dma-buf');
    this.file = file.getByKernel();
    this.device = device;
    file.buffer.attachments.push(device);
  }

  /** dma_buf_detach and dma_buf_put; again is fine. */
  detach(): void {
    if (!this.#attached) return;
    this.#attached = false;
    const attachments = this.file.buffer?.attachments;
    attachments?.splice(attachments.indexOf(this.device), 1);
    this.file.putByKernel();
  }
}

/** DMA_BUF_SET_NAME: at most 31 bytes, else EINVAL; the empty name is a name. */
function setName(file: File, name: string): void {
  if (new TextEncoder().encode(name).length >= NAME_LEN)
    throw new MemtrackError('EINVAL', 'ioctl', 'DMA_BUF_SET_NAME: 32 bytes or more');
  if (file.buffer !== null) file.buffer.name = name;
}

/** More pages than the buffer has (dma_buf_mmap_internal). */
function beyond(file: File, request: MmapRequest): boolean {
  return request.offset + request.length > (file.buffer?.size ?? 0);
}
