import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { PAGE } from '../model/flags.ts';
import type { IonBuffer } from './ion-buffer.ts';

/** enum ion_heap_type; what a platform adds comes after CUSTOM. */
export const ION_HEAP_TYPE = { SYSTEM: 0, SYSTEM_CONTIG: 1, CARVEOUT: 2, CHUNK: 3, DMA: 4, CUSTOM: 5 } as const;

/** Flags of an allocation; the upper 16 bits are the heap's own. */
export const ION_FLAG = { CACHED: 1, CACHED_NEEDS_SYNC: 2 } as const;

/** ION_NUM_HEAP_IDS: ids are bits of a 32-bit mask. */
const HEAP_IDS = 32;

/** MAX_ORDER - 1: the largest run of pages that the page allocator gives, in bytes. */
const LARGEST_RUN = PAGE << 10;

const TYPES_THAT_DEFER: readonly number[] = [ION_HEAP_TYPE.SYSTEM, ION_HEAP_TYPE.CARVEOUT, ION_HEAP_TYPE.CHUNK];

const OPTIONS = [
  'name',
  'id',
  'type',
  'bytes',
  'chunkSize',
  'deferredFree',
  'lazy',
  'mappable',
  'kernelMappable',
  'debugLines',
];

export interface IonHeapOptions {
  /** Name of its debugfs file. */
  readonly name: string;
  /** 0 to 31, the bit in a mask: chosen by the platform, independent of the type. Higher ids are tried first. */
  readonly id: number;
  /** An ION_HEAP_TYPE or beyond; default SYSTEM. */
  readonly type?: number;
  /** What it can give in all; default 1 TiB. A system heap gives half of it at once at most. */
  readonly bytes?: number;
  /** Of a CHUNK heap, bytes; default 16,384. */
  readonly chunkSize?: number;
  /** ION_HEAP_FLAG_DEFER_FREE: what is freed goes to a list that a thread empties. Default: SYSTEM, CARVEOUT and CHUNK do. */
  readonly deferredFree?: boolean;
  /** That thread never gets a turn by itself, only by `drain` and when memory is short. Default false: it runs at once. */
  readonly lazy?: boolean;
  /** False: no map_user, mapping is EINVAL. Default true. */
  readonly mappable?: boolean;
  /** False: no map_kernel, access by the processor is ENODEV. Default true. */
  readonly kernelMappable?: boolean;
  /** Lines that the heap adds at the end of its debugfs file, each without its newline. */
  readonly debugLines?: () => readonly string[];
}

/** A heap: where ION's buffers come from. Made by `Ion.addHeap`. */
export class IonHeap {
  readonly name: string;
  readonly id: number;
  readonly type: number;
  readonly bytes: number;
  readonly deferredFree: boolean;
  readonly mappable: boolean;
  readonly kernelMappable: boolean;
  readonly #lazy: boolean;
  readonly #chunkSize: number;
  readonly #debugLines: () => readonly string[];
  readonly #freelist = new Set<IonBuffer>();
  #used = 0;

  /** EINVAL: an id that is no bit of a mask, or a name that is no name of a file. */
  constructor(options: IonHeapOptions) {
    if (typeof (options as IonHeapOptions | null | undefined) !== 'object')
      throw new TypeError('addHeap: expected options with a name and an id');
    refuseUnknownOptions(options, OPTIONS, 'addHeap');
    const { name, id } = options;
    if (typeof name !== 'string' || name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw new MemtrackError('EINVAL', 'ion_device_add_heap', 'name');
    if (!(Number.isInteger(id) && id >= 0 && id < HEAP_IDS))
      throw new MemtrackError('EINVAL', 'ion_device_add_heap', `id ${String(id)}`);
    this.name = name;
    this.id = id;
    this.type = options.type ?? ION_HEAP_TYPE.SYSTEM;
    this.bytes = options.bytes ?? 2 ** 40;
    this.deferredFree = options.deferredFree ?? TYPES_THAT_DEFER.includes(this.type);
    this.mappable = options.mappable ?? true;
    this.kernelMappable = options.kernelMappable ?? true;
    for (const bytes of [this.bytes, options.chunkSize ?? 1])
      if (!(Number.isSafeInteger(bytes) && bytes > 0))
        throw new TypeError(`addHeap: expected whole bytes, got ${String(bytes)}`);
    this.#lazy = options.lazy ?? false;
    this.#chunkSize = options.chunkSize ?? 4 * PAGE;
    this.#debugLines = options.debugLines ?? (() => []);
  }

  /** Bytes it has given, those on the freelist too. */
  get used(): number {
    return this.#used;
  }

  /** ion_heap_freelist_size: bytes of buffers that are freed but not yet given back. */
  get freelistBytes(): number {
    let bytes = 0;
    for (const { size } of this.#freelist) bytes += size;
    return bytes;
  }

  get debugLines(): readonly string[] {
    return this.#debugLines();
  }

  /**
   * ops->allocate for whole pages, tried once more with the freelist drained (ion_buffer_create). Returns the bytes taken.
   * EINVAL: alignment or flags that this type does not have; ENOMEM.
   */
  allocate(size: number, align: number, flags: number): number {
    try {
      return this.#take(size, align, flags);
    } catch (error) {
      if (!this.deferredFree || this.#freelist.size === 0) throw error;
      this.drain();
      return this.#take(size, align, flags);
    }
  }

  /** ops->free. */
  release(taken: number): void {
    this.#used -= taken;
  }

  /** The thread that empties the freelist has its turn (ion_heap_deferred_free). */
  drain(): void {
    for (const buffer of [...this.#freelist]) {
      this.#freelist.delete(buffer);
      buffer.destroy();
    }
  }

  /** The last reference of a buffer went (_ion_buffer_destroy). */
  retire(buffer: IonBuffer): void {
    if (!this.deferredFree) {
      buffer.destroy();
      return;
    }
    this.#freelist.add(buffer);
    if (!this.#lazy) this.drain();
  }

  #take(size: number, align: number, flags: number): number {
    if (align > this.#largestAlign(size)) throw refused('EINVAL', `align ${align}`);
    if (this.type === ION_HEAP_TYPE.DMA && (flags & ION_FLAG.CACHED) !== 0) throw refused('EINVAL', 'cached');
    const taken = this.type === ION_HEAP_TYPE.CHUNK ? Math.ceil(size / this.#chunkSize) * this.#chunkSize : size;
    const most = this.type === ION_HEAP_TYPE.SYSTEM ? this.bytes / 2 : this.bytes;
    const run = this.type === ION_HEAP_TYPE.SYSTEM_CONTIG ? LARGEST_RUN : Infinity;
    if (taken > most || taken > this.bytes - this.#used || taken > run) throw refused('ENOMEM', this.name);
    this.#used += taken;
    return taken;
  }

  /** Contiguous pages are aligned as their number, rounded up to a power of two, is; a heap of the platform has no rule here. */
  #largestAlign(size: number): number {
    if (this.type === ION_HEAP_TYPE.SYSTEM_CONTIG) return PAGE * 2 ** Math.ceil(Math.log2(size / PAGE));
    if (this.type === ION_HEAP_TYPE.CHUNK) return this.#chunkSize;
    return this.type >= ION_HEAP_TYPE.CUSTOM ? Infinity : PAGE;
  }
}

function refused(code: 'EINVAL' | 'ENOMEM', detail: string): MemtrackError {
  return new MemtrackError(code, 'ION_IOC_ALLOC', detail);
}
