import { MemtrackError } from '../core/errors.ts';
import { decodeText, encodeText } from '../core/text.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import type { BufferFile } from '../core/snapshot.ts';
import type { Buffer } from '../model/buffer.ts';
import type { Exporter } from '../model/exporter.ts';
import type { FileOperations } from '../model/file-operations.ts';
import type { File } from '../model/file.ts';
import { pageAlign, PAGE } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { DmaBufExporter } from './dma-buf.ts';
import type { DmaBufs } from './dma-buf.ts';
import { IonBuffer } from './ion-buffer.ts';
import { IonHeap } from './ion-heap.ts';
import type { IonHeapOptions } from './ion-heap.ts';

/** SIZE_MAX + 1, where a length that is rounded up to whole pages becomes 0. */
const ADDRESS_SPACE = 2 ** 64;

/** MAX_HEAP_NAME: bytes of a heap's name with its NUL. */
const HEAP_NAME_LEN = 32;

/** What ION_IOC_ALLOC asks for. */
export interface IonAllocation {
  /** Bytes; rounded up to whole pages. */
  readonly size: number;
  /** Bytes, as the heap understands it. Default 0. */
  readonly align?: number;
  /** Bits of the heaps that may give it. Default: all. */
  readonly heapIdMask?: number;
  /** ION_FLAG bits. Default 0. */
  readonly flags?: number;
}

/** What ION_IOC_HEAP_QUERY tells of a heap. */
export interface IonHeapInfo {
  /** At most 31 bytes of it. */
  readonly name: string;
  readonly type: number;
  readonly id: number;
}

/** A platform's heaps and the buffers they gave (struct ion_device), for `Ion` and `IonDirect`. */
export class IonHeaps {
  readonly #kernel: Kernel;
  readonly #dmaBufs: DmaBufs;
  readonly #exporter: Exporter;
  readonly #operations: FileOperations;
  readonly #added: IonHeap[] = [];
  #heaps: readonly IonHeap[] = [];
  readonly #buffers = new Map<Buffer, IonBuffer>();
  /** Of dma-bufs; the buffer's is the last one that was set. */
  readonly #names = new WeakMap<File, string>();

  /** `memtrack`: whether its buffers carry a memtrack buffer. */
  constructor(kernel: Kernel, dmaBufs: DmaBufs, memtrack: boolean) {
    this.#kernel = kernel;
    this.#dmaBufs = dmaBufs;
    this.#exporter = { name: 'ion', kind: 'ion', memtrack };
    const { operations } = new DmaBufExporter('ion');
    this.#operations = {
      ...operations,
      mmap: (file, request) => {
        if (!this.demand(file).heap.mappable) throw new MemtrackError('EINVAL', 'ion_mmap');
        operations.mmap?.(file, request);
      },
      link: (file) => `/dmabuf:${file.name ?? ''}`,
      nameOf: (file) => this.#names.get(file) ?? null,
      setName: (file, name) => {
        operations.setName?.(file, name);
        this.#names.set(file, name);
      },
      release: (file) => this.#release(file),
    };
  }

  /** In the order they are tried: descending id. */
  get heaps(): readonly IonHeap[] {
    return this.#heaps;
  }

  /** In the order they were added. */
  get added(): readonly IonHeap[] {
    return this.#added;
  }

  /** Those that have not gone back to their heap, nor to its freelist, in the order they were made. */
  get buffers(): readonly IonBuffer[] {
    return [...this.#buffers.values()].filter(({ refs }) => refs > 0);
  }

  /** ion_device_add_heap. EINVAL; EEXIST: its id or name is taken. */
  add(options: IonHeapOptions): IonHeap {
    const heap = new IonHeap(options);
    if (this.#added.some(({ id, name }) => id === heap.id || name === heap.name))
      throw new MemtrackError('EEXIST', 'ion_device_add_heap', heap.name);
    this.#added.push(heap);
    this.#heaps = this.#added.toSorted((a, b) => b.id - a.id);
    return heap;
  }

  /**
   * The first heap in the mask that can gives a buffer, whose one reference is the caller's. EINVAL: no length; ENODEV: no heap is in
   * the mask; what the last heap tried said.
   */
  allocate(task: Task, request: IonAllocation): IonBuffer {
    const { align = 0, heapIdMask = 0xffffffff, flags = 0 } = request;
    const size = request.size > ADDRESS_SPACE - PAGE ? 0 : pageAlign(request.size);
    if (!(size > 0)) throw new MemtrackError('EINVAL', 'ION_IOC_ALLOC', `length ${request.size}`);
    let last = new MemtrackError('ENODEV', 'ION_IOC_ALLOC', 'no heap in the mask');
    for (const heap of this.#heaps) {
      if (((heapIdMask >>> heap.id) & 1) === 0) continue;
      try {
        return this.#create(task, heap, size, flags, heap.allocate(size, align, flags));
      } catch (error) {
        if (!(error instanceof MemtrackError)) throw error;
        last = error;
      }
    }
    throw last;
  }

  /** ion_query_heaps: the first `count` in the order they are tried. EINVAL: no room for any. */
  query(count: number): readonly IonHeapInfo[] {
    if (!(count > 0)) throw new MemtrackError('EINVAL', 'ION_IOC_HEAP_QUERY', 'no room for heaps');
    return this.#heaps.slice(0, count).map(({ name, type, id }) => ({ name: cString(name, HEAP_NAME_LEN), type, id }));
  }

  /** A new dma-buf of the buffer, with an inode of its own: its file, whose one reference is the caller's. */
  export(buffer: IonBuffer): File {
    buffer.get();
    return this.#dmaBufs.wrap(buffer.buffer, this.#operations);
  }

  /** The buffer behind a dma-buf of ION. EINVAL: another kind of file, or another exporter's dma-buf. */
  demand(file: File): IonBuffer {
    const buffer = file.buffer === null ? undefined : this.#buffers.get(file.buffer);
    if (buffer === undefined || file.operations !== this.#operations)
      throw new MemtrackError('EINVAL', 'dma_buf_get', 'not a dma-buf of ION');
    return buffer;
  }

  #create(task: Task, heap: IonHeap, size: number, flags: number, taken: number): IonBuffer {
    try {
      const buffer = this.#kernel.createBuffer(this.#exporter, { size, creator: task });
      const made = new IonBuffer(buffer, heap, size, flags, taken, () => this.#buffers.delete(buffer));
      this.#buffers.set(buffer, made);
      return made.get();
    } catch (error) {
      heap.release(taken);
      throw error;
    }
  }

  /** dma_buf_ops.release: the inode is gone. */
  #release(file: File): void {
    const buffer = this.demand(file);
    buffer.buffer.files = buffer.buffer.files.filter((identity: BufferFile) => identity !== file.identity);
    buffer.put();
  }
}

/** Refuses, with a TypeError, what is no allocation; a length that no heap gives is left to `allocate`. */
export function checkAllocation(options: IonAllocation, known: readonly string[]): void {
  if (typeof (options as IonAllocation | null | undefined)?.size !== 'number')
    throw new TypeError('alloc: expected options with a size in bytes');
  refuseUnknownOptions(options, known, 'alloc');
  if (!Number.isInteger(options.size)) throw new TypeError(`alloc: size: expected whole bytes, got ${options.size}`);
  for (const name of ['align', 'heapIdMask', 'flags'] as const) {
    const value = options[name] ?? 0;
    if (!(Number.isInteger(value) && value >= 0))
      throw new TypeError(`alloc: ${name}: expected a whole number from 0, got ${String(value)}`);
  }
}

/** A text as it stands in `room` bytes, whose last is the NUL; an earlier NUL ends it. */
export function cString(text: string, room: number): string {
  const bytes = encodeText(text);
  const end = bytes.indexOf(0);
  return decodeText(bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, room - 1)));
}
