import type { Task } from '../model/task.ts';
import type { AllocationEvent } from './allocation-event.ts';

/** A live buffer as its allocator knows it. */
export interface Allocation {
  readonly space: number;
  readonly id: number | string;
  readonly bytes: number;
  readonly name: string | null;
  /** Who is charged; null: nobody known. */
  readonly task: Task | null;
  /** A pid that the event itself names; 0: none. */
  readonly owner: number;
  readonly since: bigint;
}

const FIRST_ROOM = 64;

/** Live allocations of one space, by identity. In columns: they come and go by the million. */
export class AllocationTable {
  readonly #space: number;
  readonly #slots = new Map<number | string, number>();
  readonly #free: number[] = [];
  #used = 0;
  #bytes = new Float64Array(FIRST_ROOM);
  #owner = new Uint32Array(FIRST_ROOM);
  #timeLow = new Uint32Array(FIRST_ROOM);
  #timeHigh = new Uint32Array(FIRST_ROOM);
  readonly #task: (Task | null)[] = [];
  readonly #name: (string | null)[] = [];

  constructor(space: number) {
    this.#space = space;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Adds it; false: one with its identity lived, and is replaced. */
  add(id: number | string, event: AllocationEvent, task: Task | null): boolean {
    const old = this.#slots.get(id);
    const slot = old ?? this.#free.pop() ?? this.#used++;
    if (old === undefined) this.#slots.set(id, slot);
    if (slot >= this.#bytes.length) this.#grow();
    this.#bytes[slot] = event.bytes;
    this.#owner[slot] = event.owner;
    this.#timeLow[slot] = event.timeLow;
    this.#timeHigh[slot] = event.timeHigh;
    this.#task[slot] = task;
    this.#name[slot] = event.name;
    return old === undefined;
  }

  /** Takes it out; its bytes, or -1 if it is not known. */
  take(id: number | string): number {
    const slot = this.#slots.get(id);
    if (slot === undefined) return -1;
    this.#slots.delete(id);
    this.#free.push(slot);
    return this.#bytes[slot]!;
  }

  get(id: number | string): Allocation | null {
    const slot = this.#slots.get(id);
    return slot === undefined ? null : this.#at(id, slot);
  }

  *[Symbol.iterator](): Generator<Allocation, void, undefined> {
    for (const [id, slot] of this.#slots) yield this.#at(id, slot);
  }

  #at(id: number | string, slot: number): Allocation {
    return {
      space: this.#space,
      id,
      bytes: this.#bytes[slot]!,
      name: this.#name[slot] ?? null,
      task: this.#task[slot] ?? null,
      owner: this.#owner[slot]!,
      since: (BigInt(this.#timeHigh[slot]!) << 32n) | BigInt(this.#timeLow[slot]!),
    };
  }

  #grow(): void {
    const room = this.#bytes.length * 2;
    const larger = <Column extends Float64Array | Uint32Array>(from: Column, to: Column): Column => {
      to.set(from);
      return to;
    };
    this.#bytes = larger(this.#bytes, new Float64Array(room));
    this.#owner = larger(this.#owner, new Uint32Array(room));
    this.#timeLow = larger(this.#timeLow, new Uint32Array(room));
    this.#timeHigh = larger(this.#timeHigh, new Uint32Array(room));
  }
}
