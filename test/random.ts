/** Random numbers from a seed, so that every failure can be repeated: MEMTRACK_SEED=… npm test. */

/** The seeds a random test runs with: the one given, or a few fixed ones and a new one. */
export function seeds(fixed: readonly number[] = [1, 2, 3]): readonly number[] {
  const given = process.env['MEMTRACK_SEED'];
  if (given !== undefined && given !== '') return [Number(given) >>> 0];
  return [...fixed, (Date.now() ^ (process.pid << 16)) >>> 0];
}

/** A small generator (a Weyl sequence through two multiply-xorshift rounds); 32 bits of state. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … 2³²−1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  /** 0 … n−1. */
  below(n: number): number {
    return Math.floor((this.next() / 2 ** 32) * n);
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}
