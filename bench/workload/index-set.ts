/** A set of small integers with O(1) insert, erase and choice of a random member. */
export class IndexSet {
  readonly #members: Int32Array;
  readonly #place: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#members = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  has(index: number): boolean {
    return this.#place[index]! >= 0;
  }

  at(position: number): number {
    return this.#members[position]!;
  }

  insert(index: number): void {
    if (this.#place[index]! >= 0) return;
    this.#place[index] = this.#size;
    this.#members[this.#size++] = index;
  }

  erase(index: number): void {
    const place = this.#place[index]!;
    if (place < 0) return;
    const last = this.#members[--this.#size]!;
    this.#members[place] = last;
    this.#place[last] = place;
    this.#place[index] = -1;
  }
}
