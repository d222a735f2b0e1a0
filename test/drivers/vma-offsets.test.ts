import { describe, expect, test } from 'vitest';
import { Idr } from '../../lib/drivers/idr.ts';
import { VmaOffsets } from '../../lib/drivers/vma-offsets.ts';
import { Random, seeds } from '../random.ts';

const FIRST = 0x100000;

describe('fake offsets', () => {
  test('come one after the other, and are found only at their beginning and within their length', () => {
    const offsets = new VmaOffsets<string>();
    const [a, b] = [offsets.allocate(10), offsets.allocate(5)];
    expect([a, b]).toEqual([FIRST, FIRST + 10]);
    expect(offsets.find(a, 10)).toBeNull();
    offsets.put(a, 'a');
    offsets.put(b, 'b');
    expect([offsets.find(a, 10), offsets.find(a, 11), offsets.find(a + 1, 1)]).toEqual(['a', null, null]);
    expect(offsets.find(b, 1)).toBe('b');
  });

  test('the smallest hole that fits is taken, of equal ones the last that came', () => {
    const offsets = new VmaOffsets<string>();
    const at = [4, 1, 2, 1, 4, 1].map((pages) => offsets.allocate(pages));
    offsets.free(at[0]!);
    offsets.free(at[2]!);
    offsets.free(at[4]!);
    expect(offsets.allocate(2)).toBe(at[2]);
    expect(offsets.allocate(3)).toBe(at[4]);
    expect(offsets.allocate(4)).toBe(at[0]);
  });

  test('a hole joins its neighbours', () => {
    const offsets = new VmaOffsets<string>();
    const at = [1, 1, 1, 1].map((pages) => offsets.allocate(pages));
    offsets.free(at[0]!);
    offsets.free(at[2]!);
    offsets.free(at[1]!);
    expect(offsets.allocate(3)).toBe(at[0]);
    offsets.free(at[3]!);
    expect(offsets.allocate(100)).toBe(FIRST + 3);
    offsets.free(12345);
  });

  test('there is no room for more than there is', () => {
    const offsets = new VmaOffsets<string>();
    expect(offsets.allocate(0xfffff * 256 + 1)).toBe(-1);
    expect(offsets.allocate(0xfffff * 256)).toBe(FIRST);
    expect(offsets.allocate(1)).toBe(-1);
    offsets.free(FIRST);
    expect(offsets.allocate(1)).toBe(FIRST);
  });

  test.each(seeds())('never overlap, and all room comes back, seed %d', (seed) => {
    const random = new Random(seed);
    const offsets = new VmaOffsets<number>();
    const live = new Map<number, number>();
    for (let step = 0; step < 2000; step++) {
      if (live.size > 0 && random.chance(0.5)) {
        const start = random.pick([...live.keys()]);
        live.delete(start);
        offsets.free(start);
        continue;
      }
      const pages = 1 + random.below(8);
      const start = offsets.allocate(pages);
      for (const [other, length] of live) expect(start + pages <= other || other + length <= start).toBe(true);
      live.set(start, pages);
    }
    for (const start of live.keys()) offsets.free(start);
    expect(offsets.allocate(0xfffff * 256)).toBe(FIRST);
  });
});

describe('numbers of handles', () => {
  test('are the lowest free, from the first', () => {
    const ids = new Idr<string>();
    expect([ids.allocate('a'), ids.allocate('b'), ids.allocate('c')]).toEqual([1, 2, 3]);
    ids.remove(2);
    expect(ids.allocate('d')).toBe(2);
    expect(new Idr<string>(128).allocate('x')).toBe(128);
    expect(new Idr<string>(0).allocate('x')).toBe(0);
  });

  test('stay taken when cleared, and are listed ascending without those', () => {
    const ids = new Idr<string>();
    for (const value of ['a', 'b', 'c']) ids.allocate(value);
    expect([ids.clear(2), ids.clear(2), ids.get(2), ids.has(2), ids.size]).toEqual(['b', null, null, true, 3]);
    expect(ids.allocate('d')).toBe(4);
    ids.remove(1);
    ids.allocate('e');
    expect(ids.entries()).toEqual([
      [1, 'e'],
      [3, 'c'],
      [4, 'd'],
    ]);
  });
});
