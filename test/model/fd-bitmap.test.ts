import { expect, test } from 'vitest';
import { FdBitmap } from '../../lib/model/fd-bitmap.ts';
import { Random, seeds } from '../random.ts';

test('the lowest free fd is found across full words', () => {
  const taken = new FdBitmap();
  for (let fd = 0; fd < 3000; fd++) {
    expect(taken.lowestFree(0)).toBe(fd);
    taken.add(fd);
  }
  taken.delete(1055);
  expect(taken.lowestFree(0)).toBe(1055);
  expect(taken.lowestFree(1056)).toBe(3000);
  expect(taken.lowestFree(100_000)).toBe(100_000);
});

test.each(seeds())('a bitmap answers as a set does, seed %i', (seed) => {
  const random = new Random(seed);
  let taken = new FdBitmap();
  const set = new Set<number>();
  for (let step = 0; step < 6000; step++) {
    const fd = random.below(random.chance(0.5) ? 70 : 2100);
    if (random.chance(0.6)) {
      taken.add(fd);
      set.add(fd);
    } else {
      taken.delete(fd);
      set.delete(fd);
    }
    if (step % 500 === 0) taken = taken.copy();
    const from = random.below(2200);
    let free = from;
    while (set.has(free)) free++;
    expect(taken.lowestFree(from)).toBe(free);
    expect(taken.has(fd)).toBe(set.has(fd));
  }
});
