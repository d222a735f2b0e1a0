/** ipcmni_seq_shift: an id is a sequence number above these bits, an index below. */
const SHIFT = 15;
const SEQUENCES = 1 << (31 - SHIFT);
/** ipc_min_cycle: this many indices are gone through before one is used again. */
const MIN_CYCLE = 64;

/**
 * Ids of System V objects, as ipc_addid gives them: the index after the last one given, and at each wrap another sequence
 * number, so that an id comes back late.
 */
export class IpcIds<T> {
  readonly #objects = new Map<number, T>();
  readonly #max: number;
  #next = 0;
  #last = -1;
  #sequence = 0;

  /** `max`: how many there may be at once (shmmni). */
  constructor(max: number) {
    this.#max = max;
  }

  get full(): boolean {
    return this.#objects.size >= this.#max;
  }

  /** A new id for an object; there must be room. */
  add(make: (id: number) => T): T {
    const end = Math.min(Math.max(Math.floor((this.#objects.size * 3) / 2), MIN_CYCLE), this.#max);
    let index = this.#next;
    while (index < end && this.#objects.has(index)) index++;
    if (index >= end) for (index = 0; this.#objects.has(index);) index++;
    if (index <= this.#last) this.#sequence = (this.#sequence + 1) % SEQUENCES;
    this.#last = index;
    this.#next = index + 1;
    const object = make(this.#sequence * 2 ** SHIFT + index);
    this.#objects.set(index, object);
    return object;
  }

  /** What has that index; whether it has that id too is for the caller to see. */
  at(id: number): T | undefined {
    return id < 0 ? undefined : this.#objects.get(id % 2 ** SHIFT);
  }

  delete(id: number): void {
    this.#objects.delete(id % 2 ** SHIFT);
  }

  /** Ascending by index, as /proc/sysvipc lists them. */
  values(): readonly T[] {
    return [...this.#objects].sort(([a], [b]) => a - b).map(([, object]) => object);
  }
}
