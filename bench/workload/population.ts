import { IndexSet } from './index-set.ts';
import { MAX_HOLDERS } from './shape.ts';

/**
 * Who holds what while a workload is generated: process slots, live buffers and the handles between them.
 * Slots and buffers are reused indices; their keys in the records never are.
 */
export class Population {
  /** Per slot: task key (0: no process), handles, sum of their counts, first handle. */
  readonly task: Uint32Array;
  readonly handlesOf: Int32Array;
  readonly countsOf: Float64Array;
  readonly #first: Int32Array;
  /** Per buffer: key, holders now, holders aimed at. */
  readonly buffer: Uint32Array;
  readonly holdersOf: Int32Array;
  readonly aim: Int32Array;
  readonly #holders: Int32Array;
  /** Per handle. */
  readonly slotOf: Int32Array;
  readonly bufferOf: Int32Array;
  readonly count: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly handles: IndexSet;
  readonly #freeHandles: Int32Array;
  #freeCount: number;
  counts = 0;

  constructor(slots: number, buffers: number, handles: number) {
    this.task = new Uint32Array(slots);
    this.handlesOf = new Int32Array(slots);
    this.countsOf = new Float64Array(slots);
    this.#first = new Int32Array(slots).fill(-1);
    this.buffer = new Uint32Array(buffers);
    this.holdersOf = new Int32Array(buffers);
    this.aim = new Int32Array(buffers);
    this.#holders = new Int32Array(buffers * MAX_HOLDERS);
    this.slotOf = new Int32Array(handles);
    this.bufferOf = new Int32Array(handles);
    this.count = new Int32Array(handles);
    this.#next = new Int32Array(handles);
    this.#previous = new Int32Array(handles);
    this.handles = new IndexSet(handles);
    this.#freeHandles = Int32Array.from({ length: handles }, (_, i) => handles - 1 - i);
    this.#freeCount = handles;
  }

  get room(): number {
    return this.#freeCount;
  }

  /** The handle of `slot` to `buffer`, or −1. */
  find(slot: number, buffer: number): number {
    const from = buffer * MAX_HOLDERS;
    for (let i = from + this.holdersOf[buffer]! - 1; i >= from; i--) {
      const handle = this.#holders[i]!;
      if (this.slotOf[handle] === slot) return handle;
    }
    return -1;
  }

  /** A new handle; REQUIRES room, fewer than MAX_HOLDERS holders and none by `slot`. */
  add(slot: number, buffer: number, count: number): void {
    const handle = this.#freeHandles[--this.#freeCount]!;
    this.slotOf[handle] = slot;
    this.bufferOf[handle] = buffer;
    this.count[handle] = count;
    const first = this.#first[slot]!;
    this.#next[handle] = first;
    this.#previous[handle] = -1;
    if (first >= 0) this.#previous[first] = handle;
    this.#first[slot] = handle;
    this.#holders[buffer * MAX_HOLDERS + this.holdersOf[buffer]!++] = handle;
    this.handlesOf[slot]!++;
    this.countsOf[slot]! += count;
    this.counts += count;
    this.handles.insert(handle);
  }

  addCount(handle: number, delta: number): void {
    this.count[handle]! += delta;
    this.countsOf[this.slotOf[handle]!]! += delta;
    this.counts += delta;
  }

  drop(handle: number): void {
    const slot = this.slotOf[handle]!;
    const buffer = this.bufferOf[handle]!;
    this.addCount(handle, -this.count[handle]!);
    const next = this.#next[handle]!;
    const previous = this.#previous[handle]!;
    if (previous >= 0) this.#next[previous] = next;
    else this.#first[slot] = next;
    if (next >= 0) this.#previous[next] = previous;
    const from = buffer * MAX_HOLDERS;
    const last = from + --this.holdersOf[buffer]!;
    for (let i = from; i < last; i++) {
      if (this.#holders[i] === handle) {
        this.#holders[i] = this.#holders[last]!;
        break;
      }
    }
    this.handlesOf[slot]!--;
    this.handles.erase(handle);
    this.#freeHandles[this.#freeCount++] = handle;
  }

  /** First handle of a slot, or −1. */
  firstOf(slot: number): number {
    return this.#first[slot]!;
  }

  /** The handle after `handle` in its slot, or −1. */
  after(handle: number): number {
    return this.#next[handle]!;
  }
}
