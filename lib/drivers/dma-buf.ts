import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { VM } from '../core/record.ts';
import type { BufferFile, BufferKind } from '../core/snapshot.ts';
import type { Buffer } from '../model/buffer.ts';
import type { Exporter } from '../model/exporter.ts';
import type { FileOperations, Mapped, MmapRequest } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O, SEEK, VMA } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { DmaBufInodeNumbers } from './dma-buf-inodes.ts';
import type { DmaBufInodes } from './dma-buf-inodes.ts';

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
      llseek,
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

export interface DmaBufsOptions {
  /** Default `private`. */
  readonly inodes?: DmaBufInodes;
  /**
   * CONFIG_DMABUF_SYSFS_STATS, by the date of its documentation: the earlier form has attachments too. Either refuses to export a
   * dma-buf without an exporter's name (EINVAL) or with an inode that another has (EEXIST). Default `off`.
   */
  readonly sysfs?: 'off' | '2021-01' | '2021-05';
  /** False: DMA_BUF_SET_NAME is EBUSY while a device is attached (until 2021). Default true. */
  readonly renameAttached?: boolean;
  /** st_dev of all dma-bufs, `major:minor`. Default 0:11, or 0:10 for the inode of anon_inodefs. */
  readonly dev?: string;
}

const CHOICES = { inodes: ['private', 'shared', 'anonymous'], sysfs: ['off', '2021-01', '2021-05'] } as const;

/** Refuses options that do not exist, with a TypeError. */
export function checkedDmaBufs(options: DmaBufsOptions = {}): DmaBufsOptions {
  refuseUnknownOptions(options, ['inodes', 'sysfs', 'renameAttached', 'dev'], 'dmaBufs');
  for (const name of ['inodes', 'sysfs'] as const) {
    const chosen: string | undefined = options[name];
    const choices: readonly string[] = CHOICES[name];
    if (chosen !== undefined && !choices.includes(chosen))
      throw new TypeError(`${name}: expected ${choices.map((choice) => `'${choice}'`).join(', ')}`);
  }
  return options;
}

/** The pseudo file system of dma-bufs: one inode and one open file per buffer. */
export class DmaBufs {
  readonly sysfs: 'off' | '2021-01' | '2021-05';
  /** False: all have one inode, which knows of no names. */
  readonly hasInodes: boolean;
  readonly #kernel: Kernel;
  readonly #inodes: DmaBufInodeNumbers;
  readonly #renameAttached: boolean;
  /** Oldest first (db_list, the other way round). */
  readonly #live = new Set<File>();

  constructor(kernel: Kernel, options: DmaBufsOptions = {}) {
    const { inodes = 'private', sysfs = 'off' } = options;
    this.hasInodes = inodes !== 'anonymous';
    if (sysfs !== 'off' && !this.hasInodes) throw new TypeError('sysfs: needs dma-bufs with inodes of their own');
    this.#kernel = kernel;
    this.sysfs = sysfs;
    this.#renameAttached = options.renameAttached ?? true;
    this.#inodes = new DmaBufInodeNumbers(kernel, inodes, options.dev ?? (this.hasInodes ? '0:11' : '0:10'));
  }

  /** Live dma-bufs, newest first. */
  get files(): readonly File[] {
    return [...this.#live].reverse();
  }

  /**
   * dma_buf_export: a new buffer and its file, whose one reference is the caller's. EINVAL, EEXIST: with sysfs statistics.
   *
   * @example
   * const fd = task.install(dmaBufs.export(new DmaBufExporter('camera'), { size: 4096, creator: task }));
   */
  export(exporter: DmaBufExporter, options: DmaBufExport): File {
    const identity = this.#identity(exporter.name);
    const buffer = this.#kernel.createBuffer(exporter, {
      size: options.size,
      creator: options.creator,
      backing: options.backing ?? null,
      sameAs: options.sameAs ?? null,
      files: [identity],
    });
    return this.#open(buffer, identity, exporter.operations, options.flags ?? O.RDWR);
  }

  /**
   * dma_buf_export of memory that exists: one more file of the buffer, with an inode of its own, which joins `buffer.files`; its
   * one reference is the caller's, and the inode the exporter's to take out again when the file is released.
   */
  wrap(buffer: Buffer, operations: FileOperations, flags: number = O.RDWR): File {
    const identity = this.#identity(buffer.exporter.name);
    buffer.files = [...buffer.files, identity];
    return this.#open(buffer, identity, operations, flags);
  }

  /** dma_buf_fd: an fd for a dma-buf, whose reference it takes over. EMFILE: the reference stays with the caller; EINVAL: no dma-buf. */
  fd(task: Task, file: File | null, flags = 0): number {
    if (file?.isDmaBuf !== true) throw new MemtrackError('EINVAL', 'dma_buf_fd');
    return task.install(file, { cloexec: (flags & O.CLOEXEC) !== 0 });
  }

  /** dma_buf_get: the dma-buf at an fd, with a reference for the caller. EBADF; EINVAL: another kind of file. */
  get(task: Task, fd: number): File {
    const file = task.file(fd);
    if (!file.isDmaBuf) throw new MemtrackError('EINVAL', 'dma_buf_get', String(fd));
    return file.get();
  }

  /** dma_buf_getfile, then dma_buf_stats_setup. */
  #identity(exporter: string): BufferFile {
    const identity = this.#inodes.next();
    if (this.sysfs === 'off') return identity;
    if (exporter === '') throw new MemtrackError('EINVAL', 'dma_buf_export', 'sysfs needs an exporter name');
    for (const file of this.#live)
      if (file.identity?.inode === identity.inode)
        throw new MemtrackError('EEXIST', 'dma_buf_export', `inode ${identity.inode}`);
    return identity;
  }

  #open(buffer: Buffer, identity: BufferFile, operations: FileOperations, flags: number): File {
    const file = new File({
      buffer,
      identity,
      flags: flags & (O.ACCMODE | O.NONBLOCK),
      operations: this.#adapt(operations),
    });
    this.#live.add(file);
    file.watch(() => this.#live.delete(file));
    return file;
  }

  /** What these dma-bufs do otherwise than those of today. */
  #adapt(operations: FileOperations): FileOperations {
    if (!this.hasInodes) {
      const adapted: { -readonly [Name in keyof FileOperations]: FileOperations[Name] } = {
        ...operations,
        link: () => 'anon_inode:dmabuf',
        anonymousInode: true,
      };
      delete adapted.setName;
      return adapted;
    }
    if (this.#renameAttached) return operations;
    return {
      ...operations,
      setName: (file, name) => {
        checkName(name);
        if (file.buffer?.attachments.some((attachment) => attachment.file === file) === true)
          throw new MemtrackError('EBUSY', 'ioctl', 'DMA_BUF_SET_NAME');
        operations.setName?.(file, name);
      },
    };
  }
}

/** DMA_BUF_SET_NAME; the empty name is a name. */
function setName(file: File, name: string): void {
  checkName(name);
  if (file.buffer !== null) file.buffer.name = name;
}

/** EINVAL: more than 31 bytes. */
function checkName(name: string): void {
  if (new TextEncoder().encode(name).length >= NAME_LEN)
    throw new MemtrackError('EINVAL', 'ioctl', 'DMA_BUF_SET_NAME: 32 bytes or more');
}

/** More pages than the buffer has (dma_buf_mmap_internal). */
function beyond(file: File, request: MmapRequest): boolean {
  return request.offset + request.length > (file.buffer?.size ?? 0);
}

/** dma_buf_llseek: only to the start or the end, which tells the size; the position never changes. */
function llseek(file: File, offset: number, whence: number): number {
  if (offset !== 0 || (whence !== SEEK.SET && whence !== SEEK.END)) throw new MemtrackError('EINVAL', 'lseek');
  return whence === SEEK.END ? (file.buffer?.size ?? 0) : 0;
}
