import type { Buffer } from '../model/buffer.ts';
import type { IonHeap } from './ion-heap.ts';

/**
 * struct ion_buffer: counted by the handles and the dma-bufs that are made of it. With the last it goes back to its heap, at
 * once or by way of the heap's freelist.
 */
export class IonBuffer {
  readonly buffer: Buffer;
  readonly heap: IonHeap;
  /** Bytes, whole pages. */
  readonly size: number;
  readonly flags: number;
  /** Kernel mappings (kmap_cnt). */
  kernelMaps = 0;
  /** Of the last client that had a handle, once none has: `null` where its task's name is not known. */
  comm: string | null = '';
  pid = 0;
  readonly #taken: number;
  readonly #destroyed: (buffer: IonBuffer) => void;
  #refs = 0;
  #handles = 0;

  /** `taken`: bytes of the heap. `destroyed` is called when the heap has it back. */
  constructor(
    buffer: Buffer,
    heap: IonHeap,
    size: number,
    flags: number,
    taken: number,
    destroyed: (buffer: IonBuffer) => void,
  ) {
    this.buffer = buffer;
    this.heap = heap;
    this.size = size;
    this.flags = flags;
    this.#taken = taken;
    this.#destroyed = destroyed;
    buffer.pin();
  }

  /** Handles and dma-bufs. */
  get refs(): number {
    return this.#refs;
  }

  /** handle_count: handles of all clients; none and still referenced is orphaned. */
  get handles(): number {
    return this.#handles;
  }

  get(): this {
    this.#refs++;
    return this;
  }

  /** ion_buffer_put. */
  put(): void {
    if (--this.#refs === 0) this.heap.retire(this);
  }

  /** ion_buffer_add_to_handle, with the handle's reference. */
  addHandle(): void {
    this.#handles++;
    this.get();
  }

  /** ion_buffer_remove_from_handle: the last one leaves its name behind. The reference stays to be put. */
  removeHandle(comm: string | null, pid: number): void {
    if (--this.#handles > 0) return;
    this.comm = comm;
    this.pid = pid;
  }

  /** ion_buffer_destroy: the heap has its memory back, then memtrack forgets it. */
  destroy(): void {
    this.heap.release(this.#taken);
    this.#destroyed(this);
    this.buffer.unpin();
  }
}
