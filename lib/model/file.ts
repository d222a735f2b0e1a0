import type { BufferFile } from '../core/snapshot.ts';
import { MemtrackError } from '../core/errors.ts';
import type { Buffer } from './buffer.ts';
import type { FileOperations } from './file-operations.ts';
import type { FdTable } from './fd-table.ts';
import { O } from './flags.ts';

export interface FileOptions {
  /** The buffer it opens, if any. */
  readonly buffer?: Buffer | null;
  /** Which of the buffer's inodes; default its first. */
  readonly identity?: BufferFile | null;
  readonly operations?: FileOperations;
  /** Text of the fd's link where operations have no `link`. */
  readonly path?: string;
  /** O_ flags; O_CLOEXEC belongs to the fd and is dropped. Default O_RDWR. */
  readonly flags?: number;
}

const NO_OPERATIONS: FileOperations = {};

/**
 * An open file description (struct file). Counted as in the kernel: it is made with one reference, which belongs to the
 * maker and which `Task.install` or `FdTable.installAt` takes over; each fd, mapping and message in flight has one.
 */
export class File {
  readonly buffer: Buffer | null;
  readonly identity: BufferFile | null;
  readonly operations: FileOperations;
  readonly path: string;
  /** O_ flags without O_CLOEXEC. */
  flags: number;
  /** f_pos, in bytes. */
  pos = 0;
  /** Tables with fds of it and how many each, where memtrack counts what it holds; else null. */
  readonly tables: Map<FdTable, number> | null;
  #refs = 1;
  #watches: Set<() => void> | null = null;
  #kernelRefs = 0;

  constructor(options: FileOptions = {}) {
    this.buffer = options.buffer ?? null;
    this.identity = options.identity ?? this.buffer?.files[0] ?? null;
    this.operations = options.operations ?? NO_OPERATIONS;
    this.path = options.path ?? '';
    this.flags = (options.flags ?? O.RDWR) & ~O.CLOEXEC;
    this.tables = this.operations.counted === true ? new Map() : null;
    if (this.buffer !== null) {
      this.buffer.openFiles.push(this);
      this.buffer.pin();
    }
  }

  /** Whether it is a dma-buf: fdinfo then has `exp_name`. */
  get isDmaBuf(): boolean {
    const kind = this.buffer?.kind;
    return kind === 'dma-buf' || kind === 'ion';
  }

  /** DMA_BUF_SET_NAME's; null: never set. */
  get name(): string | null {
    return this.operations.nameOf === undefined ? (this.buffer?.name ?? null) : this.operations.nameOf(this);
  }

  /** file_count(). */
  get refs(): number {
    return this.#refs;
  }

  get readable(): boolean {
    return (this.flags & O.ACCMODE) !== O.WRONLY;
  }

  get writable(): boolean {
    return (this.flags & O.ACCMODE) !== O.RDONLY;
  }

  /** What readlink of /proc/[pid]/fd/N gives. */
  get link(): string {
    return this.operations.link === undefined ? this.path : this.operations.link(this);
  }

  get(): this {
    this.#refs++;
    return this;
  }

  /** fput: the last one releases the file, and its buffer if nothing else keeps that. */
  put(): void {
    if (--this.#refs === 0) this.#release();
  }

  /** Calls back when the last reference goes, and does not keep it: eventpoll_release. The result takes that back. */
  watch(released: () => void): () => void {
    const watches = (this.#watches ??= new Set());
    watches.add(released);
    return () => void watches.delete(released);
  }

  /** References that the kernel itself has: importers, tables of handles. */
  get kernelRefs(): number {
    return this.#kernelRefs;
  }

  /** A reference for the kernel itself. */
  getByKernel(): this {
    this.#kernelRefs++;
    return this.get();
  }

  putByKernel(): void {
    this.#kernelRefs--;
    this.put();
  }

  /** DMA_BUF_SET_NAME. ENOTTY: not a file that takes a name. */
  setName(name: string): void {
    if (this.operations.setName === undefined) throw new MemtrackError('ENOTTY', 'ioctl', 'DMA_BUF_SET_NAME');
    this.operations.setName(this, name);
  }

  #release(): void {
    if (this.#watches !== null) for (const released of this.#watches) released();
    this.operations.release?.(this);
    const buffer = this.buffer;
    if (buffer === null) return;
    buffer.openFiles.splice(buffer.openFiles.indexOf(this), 1);
    buffer.unpin();
  }
}
