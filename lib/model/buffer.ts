import type { BufferFile, BufferKind, Known, Orphan } from '../core/snapshot.ts';
import type { Exporter, BufferOptions } from './exporter.ts';
import type { File } from './file.ts';
import type { Kernel } from './kernel.ts';
import type { Task } from './task.ts';

/** A device that uses a buffer through one of its dma-bufs (struct dma_buf_attachment). */
export interface Attachment {
  readonly file: File;
  /** dev_name. */
  readonly device: string;
  /** Where it is in sysfs, from /sys/ on. */
  readonly devicePath: string;
  /** Its number among those of the dma-buf. */
  readonly uid: number;
  /** Distinct mappings by the device. */
  readonly mappings: number;
}

/**
 * A shared buffer: memory that several processes may hold. It lives as long as one of its open files, a name, a kernel user or
 * a buffer on top of it does; then the core forgets it (memtrack_buffer_remove). Made by `kernel.createBuffer`.
 */
export class Buffer {
  /** Never reused. */
  readonly key: number;
  readonly exporter: Exporter;
  readonly backing: Buffer | null;
  /** The key under which the core's tracker counts it: its own, or that of the buffer of which it is another form. */
  readonly account: number;
  /** Devices attached to it (dma_buf_attach), newest first. */
  readonly attachments: Attachment[] = [];
  /** Whether the core's tracker knows it. */
  readonly tracked: boolean;
  /** Its open files; usually one (one ION buffer may have several). */
  readonly openFiles: File[] = [];
  readonly createdAt: bigint;
  files: readonly BufferFile[];
  name: string | null;
  creator: Task | null;
  known: Known;
  /** Bytes backed by memory now, where known. */
  resident: number | null;
  /** A lower bound in bytes where `size` is null. */
  sizeAtLeast: number | null;
  /** Shared mappings that may be written, now or by mprotect (mapping_writably_mapped). */
  writableMaps = 0;
  /** Mappings that have a reference of it by themselves, besides their file's. */
  objectMaps = 0;
  /** False once released. */
  alive = true;

  readonly #kernel: Kernel;
  #size: number | null;
  #tag: string | null;
  #named: boolean;
  #pins = 0;
  #kernelUsers = 0;
  #unseen = false;

  /** For `kernel.createBuffer`, which says what the rest means. */
  constructor(kernel: Kernel, key: number, exporter: Exporter, options: BufferOptions, tracked: boolean) {
    this.#kernel = kernel;
    this.key = key;
    this.exporter = exporter;
    this.tracked = tracked;
    this.account = options.sameAs?.account ?? key;
    this.createdAt = kernel.now;
    this.#size = options.size;
    this.sizeAtLeast = options.sizeAtLeast ?? null;
    this.#tag = options.tag ?? null;
    this.name = options.name ?? null;
    this.files = options.files ?? [];
    this.creator = options.creator ?? null;
    this.known = options.known ?? 'exact';
    this.resident = options.resident ?? null;
    this.backing = options.backing ?? null;
    this.backing?.pin();
    this.#named = options.named ?? false;
    if (this.#named) this.#pins++;
  }

  get kind(): BufferKind {
    return this.exporter.kind;
  }

  /** Bytes; null if not known. */
  get size(): number | null {
    return this.#size;
  }

  /** The size changed (ftruncate) or became known. */
  resize(size: number): void {
    if (size === this.#size) return;
    this.#size = size;
    if (this.tracked) this.#kernel.accounting.resize(this.account, size);
  }

  get tag(): string | null {
    return this.#tag;
  }

  /** memtrack_buffer_set_tag. ENOMEM: no room for it in a tracker with limits. In `posted` null is refused by the core (ENOMEM) and the old tag stays. */
  setTag(tag: string | null): void {
    if (tag === null && this.#kernel.accounting.posted) return;
    if (this.tracked) this.#kernel.accounting.setTag(this.account, tag);
    this.#tag = tag;
  }

  /** Sum of its files' reference counts, as fdinfo counts: fds, mappings, messages in flight, kernel users of a file. */
  get refs(): number {
    if (this.exporter.refs !== undefined) return this.exporter.refs(this);
    let refs = 0;
    for (const file of this.openFiles) refs += file.refs;
    return refs;
  }

  /** A name in a file system keeps it, as a linked /dev/shm file; setting false may release it. */
  get named(): boolean {
    return this.#named;
  }

  set named(named: boolean) {
    if (named === this.#named) return;
    this.#named = named;
    if (named) this.pin();
    else this.unpin();
  }

  /** The kernel itself uses it (an importer, scanout, a buffer on top). */
  useByKernel(): void {
    this.#kernelUsers++;
    this.pin();
  }

  unuseByKernel(): void {
    this.#kernelUsers--;
    this.unpin();
  }

  /** It lives until its end is seen, though nothing that is seen may hold it; setting false may release it. */
  get unseen(): boolean {
    return this.#unseen;
  }

  set unseen(unseen: boolean) {
    if (unseen === this.#unseen) return;
    this.#unseen = unseen;
    if (unseen) this.pin();
    else this.unpin();
  }

  /** Why it would live without any process: what `refs` does not tell. */
  get kept(): Orphan | null {
    if (this.#named) return 'named';
    const seen = this.openFiles.length + (this.#unseen ? 1 : 0);
    const used = this.#kernelUsers > 0 || this.#pins > seen;
    if (used || this.openFiles.some((file) => file.kernelRefs > 0)) return 'kernel';
    return this.#unseen ? 'unknown' : null;
  }

  /** Reasons to live: open files, a name, kernel users, buffers on top. */
  get pins(): number {
    return this.#pins;
  }

  /** One more reason to live. */
  pin(): void {
    this.#pins++;
  }

  /** One fewer; the last releases. */
  unpin(): void {
    if (--this.#pins > 0 || !this.alive) return;
    this.alive = false;
    this.#kernel.forget(this);
    this.exporter.released?.(this);
    this.backing?.unpin();
  }
}
