import { describe, expect, it } from 'vitest';
import { padStartText } from '../../bench/rivals/pad-start-text.ts';
import { JsMapRival } from '../../bench/rivals/js-map.ts';
import { TypedArrayRival } from '../../bench/rivals/typed-array.ts';
import { IdBitmap } from '../../bench/rivals/id-bitmap.ts';
import { IdHeap } from '../../bench/rivals/id-heap.ts';
import { Generator } from '../../bench/workload/generate.ts';
import { Random } from '../../bench/workload/random.ts';
import { SHAPES } from '../../bench/workload/shape.ts';

const seed = Number(process.env['MEMTRACK_SEED'] ?? 1);

describe('padStartText', () => {
  it('has the columns of the file after the whole series', () => {
    const rows = [
      { holders: 2, id: 0, size: 8294400 },
      { holders: 1, id: 17, size: 4096 },
    ];
    expect(padStartText(4242, rows)).toBe(
      ' ref_count:       Identifier:         size:          tag:    startAddr-endAddr: Flags:    pgOff: pid:4242\n' +
        '         2                 0       8294400              \n' +
        '         1                17          4096              \n',
    );
  });

  it('is empty, without a header, of a task that holds nothing', () => {
    expect(padStartText(4242, [])).toBe('');
  });
});

describe('the lowest free id', () => {
  it('is the same by bitmap and by heap', () => {
    const random = new Random(seed);
    const bitmap = new IdBitmap();
    const heap = new IdHeap();
    const live: number[] = [];
    let different = 0;
    for (let i = 0; i < 200_000; i++) {
      const at = random.below(live.length);
      if (live.length > 0 && random.fraction() < 0.4) {
        bitmap.release(live[at]!);
        heap.release(live[at]!);
        live[at] = live.at(-1)!;
        live.pop();
        continue;
      }
      const id = heap.allocate();
      if (bitmap.allocate() !== id) different++;
      live.push(id);
    }
    expect(live.length).toBeGreaterThan(1 << 15);
    expect(different).toBe(0);
  });
});

describe(`the rivals in JavaScript, seed ${seed}`, () => {
  it('give the same text for every task that is read and for all that are left', () => {
    const map = new JsMapRival();
    const typed = new TypedArrayRival();
    const positions: number[] = [];
    const { alive, reads } = new Generator({ ...SHAPES['smoke']!, events: 65_000 }, seed, (words, count) => {
      map.execute(words, 0, count);
      typed.execute(words, 0, count);
      positions.push(count);
    }).run();
    expect(positions.reduce((sum, count) => sum + count, 0)).toBe(65_000);
    expect(reads.length).toBe(130);
    expect(alive.length).toBeGreaterThan(80);
    for (const task of alive) {
      expect(typed.text(task)).toBe(map.text(task));
      expect(typed.read(task)).toBe(map.read(task));
    }
    expect([...alive].some((task) => map.text(task).length > 10_000)).toBe(true);
  });
});
