/**
 * A small seeded generator (sfc32), so that a seed names a workload for ever; `Math.random` cannot be seeded.
 *
 * @example
 * const random = new Random(1);
 * random.below(6); // 0..5
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b1) | 0;
    this.#c = ~seed;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 32 random bits as an unsigned integer. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.next() / 4294967296;
  }

  /** In 0 … n−1. */
  below(n: number): number {
    return Math.floor(this.fraction() * n);
  }
}
