import { describe, expect, test } from 'vitest';
import { AddressRanges } from '../../lib/model/address-ranges.ts';
import { Random, seeds } from '../random.ts';

const SPACE = 40;

/** The same, address by address. */
class Naive {
  #in = new Set<number>();

  add(start: number, end: number): void {
    for (let at = start; at < end; at++) this.#in.add(at);
  }
  remove(start: number, end: number): void {
    for (let at = start; at < end; at++) this.#in.delete(at);
  }
  move(start: number, end: number, to: number): void {
    const moved = [...this.#in].filter((at) => at >= start && at < end);
    this.remove(start, end);
    this.remove(to, to + end - start);
    for (const at of moved) this.#in.add(at - start + to);
  }
  count(start: number, end: number): number {
    return [...this.#in].filter((at) => at >= start && at < end).length;
  }
  get ranges(): readonly { readonly start: number; readonly end: number }[] {
    const all = [...this.#in].sort((a, b) => a - b);
    const starts = all.filter((at) => !this.#in.has(at - 1));
    const ends = all.filter((at) => !this.#in.has(at + 1));
    return starts.map((start, at) => ({ start, end: ends[at]! + 1 }));
  }
}

describe('address ranges', () => {
  test.each(seeds())('are what a set of addresses is, seed %i', (seed) => {
    const random = new Random(seed);
    const ranges = new AddressRanges();
    const naive = new Naive();
    for (let step = 0; step < 500; step++) {
      const start = random.below(SPACE);
      const end = start + random.below(SPACE - start + 1);
      const call = random.pick(['add', 'add', 'remove', 'move'] as const);
      // Old and new place of a move never overlap (mremap).
      const to = random.chance(0.5) ? end + random.below(5) : start - (end - start) - random.below(5);
      if (call === 'move') for (const set of [ranges, naive]) set.move(start, end, to);
      else for (const set of [ranges, naive]) set[call](start, end);
      expect(ranges.within(-100, 200)).toEqual(naive.ranges);
      expect(ranges.count(start, end)).toBe(naive.count(start, end));
      expect(ranges.empty).toBe(naive.ranges.length === 0);
    }
  });
});
