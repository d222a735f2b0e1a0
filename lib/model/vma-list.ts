import type { Vma } from './vma.ts';

const SMALLEST = 8;

/**
 * The VMAs of an address space, ascending by start; they never overlap. An array with room at both ends, as mappings are placed
 * downwards, and their bounds beside it, so that a search touches nothing else.
 */
export class VmaList {
  /** Null outside [#head, #head + #length). */
  #vmas: (Vma | null)[];
  #starts: number[];
  #ends: number[];
  #head: number;
  #length = 0;
  /** What `toArray` gave, until something changes. */
  #array: readonly Vma[] | null = null;

  /** For about so many VMAs; more is fine. */
  constructor(expected = SMALLEST) {
    const capacity = expected + (expected >> 1) + SMALLEST;
    this.#head = capacity - expected - (SMALLEST >> 1);
    this.#vmas = new Array<Vma | null>(capacity).fill(null);
    this.#starts = bounds(capacity);
    this.#ends = bounds(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** 0 ≤ `at` < length. */
  at(at: number): Vma {
    return this.#vmas[this.#head + at]!;
  }

  /** Null beyond the ends. */
  get(at: number): Vma | null {
    return at >= 0 && at < this.#length ? this.#vmas[this.#head + at]! : null;
  }

  start(at: number): number {
    return this.#starts[this.#head + at]!;
  }

  end(at: number): number {
    return this.#ends[this.#head + at]!;
  }

  /** Index of the first VMA that ends after an address; length if none does. */
  indexOf(address: number): number {
    const ends = this.#ends;
    let low = this.#head;
    let high = low + this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  toArray(): readonly Vma[] {
    return (this.#array ??= this.#vmas.slice(this.#head, this.#head + this.#length) as Vma[]);
  }

  insert(at: number, vma: Vma): void {
    this.#array = null;
    const tail = this.#length - at;
    const down = at < tail;
    if (down ? this.#head === 0 : this.#head + this.#length === this.#vmas.length) this.#makeRoom(down);
    if (down) {
      this.#head--;
      this.#move(this.#head + 1, this.#head, at);
    } else {
      this.#move(this.#head + at, this.#head + at + 1, tail);
    }
    this.#length++;
    const place = this.#head + at;
    this.#vmas[place] = vma;
    this.#starts[place] = vma.start;
    this.#ends[place] = vma.end;
  }

  remove(at: number): Vma {
    this.#array = null;
    const place = this.#head + at;
    const vma = this.#vmas[place]!;
    const tail = this.#length - at - 1;
    if (at < tail) {
      this.#move(this.#head, this.#head + 1, at);
      this.#vmas[this.#head++] = null;
    } else {
      this.#move(place + 1, place, tail);
      this.#vmas[this.#head + this.#length - 1] = null;
    }
    this.#length--;
    return vma;
  }

  /** Takes out those from `at` to before `to`, ascending. */
  removeRange(at: number, to: number): readonly Vma[] {
    const gone: Vma[] = [];
    for (let i = at; i < to; i++) gone.push(this.at(i));
    this.#array = null;
    this.#move(this.#head + to, this.#head + at, this.#length - to);
    this.#length -= gone.length;
    this.#vmas.fill(null, this.#head + this.#length, this.#head + this.#length + gone.length);
    return gone;
  }

  /** A VMA's bounds have changed; it keeps its place. */
  moved(at: number): void {
    const place = this.#head + at;
    const { start, end } = this.#vmas[place]!;
    this.#starts[place] = start;
    this.#ends[place] = end;
  }

  /** `count` entries from one place to another; either may cover the other. */
  #move(from: number, to: number, count: number): void {
    const vmas = this.#vmas;
    const starts = this.#starts;
    const ends = this.#ends;
    const step = from < to ? -1 : 1;
    const first = from < to ? count - 1 : 0;
    for (let i = first; i >= 0 && i < count; i += step) {
      vmas[to + i] = vmas[from + i]!;
      starts[to + i] = starts[from + i]!;
      ends[to + i] = ends[from + i]!;
    }
  }

  /** Room in front, or behind: what there is at the other end or, if that is little, as much again as there are VMAs. */
  #makeRoom(front: boolean): void {
    const length = this.#length;
    const free = this.#vmas.length - length;
    if (4 * free >= length && free > 1) {
      const head = front ? free - (free >> 2) : free >> 2;
      this.#move(this.#head, head, length);
      if (head > this.#head) this.#vmas.fill(null, this.#head, head);
      else this.#vmas.fill(null, head + length, this.#head + length);
      this.#head = head;
      return;
    }
    const larger = new VmaList(2 * length);
    const room = larger.#vmas.length - length;
    larger.#head = front ? room - (room >> 3) : room >> 3;
    for (let at = 0; at < length; at++) {
      larger.#vmas[larger.#head + at] = this.at(at);
      larger.#starts[larger.#head + at] = this.start(at);
      larger.#ends[larger.#head + at] = this.end(at);
    }
    this.#vmas = larger.#vmas;
    this.#starts = larger.#starts;
    this.#ends = larger.#ends;
    this.#head = larger.#head;
  }
}

/** An array that the engine keeps as doubles from the start; to fork, it is cheaper than a typed one. */
function bounds(capacity: number): number[] {
  return new Array<number>(capacity).fill(0.5);
}
