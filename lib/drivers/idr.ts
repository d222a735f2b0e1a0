import { FdBitmap } from '../model/fd-bitmap.ts';

/** Numbers given out lowest free first (struct idr): GEM handles, flink names, mode objects. */
export class Idr<Value> {
  readonly #first: number;
  readonly #taken = new FdBitmap();
  readonly #values = new Map<number, Value | null>();

  /** `first`: the lowest number, at least 0. */
  constructor(first = 1) {
    this.#first = first;
  }

  get size(): number {
    return this.#values.size;
  }

  /** idr_alloc. `value` null: reserved only. */
  allocate(value: Value | null): number {
    const id = this.#taken.lowestFree(this.#first);
    this.place(id, value);
    return id;
  }

  /** Takes a number that is free, as it was seen to be given out. */
  place(id: number, value: Value | null): void {
    this.#taken.add(id);
    this.#values.set(id, value);
  }

  has(id: number): boolean {
    return this.#values.has(id);
  }

  /** null: not given out, or reserved. */
  get(id: number): Value | null {
    return this.#values.get(id) ?? null;
  }

  /** idr_replace(NULL): look-ups find nothing, and the number stays taken. The former value; null if there was none. */
  clear(id: number): Value | null {
    const value = this.get(id);
    if (value !== null) this.#values.set(id, null);
    return value;
  }

  /** idr_remove. */
  remove(id: number): void {
    this.#values.delete(id);
    this.#taken.delete(id);
  }

  /** idr_for_each_entry: ascending, without what is only reserved. */
  entries(): readonly (readonly [number, Value])[] {
    const entries: [number, Value][] = [];
    for (const [id, value] of this.#values) if (value !== null) entries.push([id, value]);
    return entries.sort((a, b) => a[0] - b[0]);
  }
}
