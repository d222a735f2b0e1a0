/** The texts of ION's debugfs files, byte for byte. */
import { describe, expect, test } from 'vitest';
import { formatIonClient, formatIonHeap } from '../../lib/procfs/ion-debugfs.ts';
import type { IonHeapText } from '../../lib/procfs/ion-debugfs.ts';
import { parseIonClient, parseIonHeap } from '../../lib/procfs/ion-debugfs-parse.ts';
import { Random, seeds } from '../random.ts';

const HEAP: IonHeapText = {
  clients: [{ name: 'surfaceflinger', pid: 312, size: 8294400 }],
  orphans: [{ name: 'gone', pid: 99, size: 4096, kernelMaps: 0, refs: 1 }],
  totalOrphaned: 4096,
  total: 8298496,
  deferredFree: 0,
  lines: [],
};

const GOLDEN = `          client              pid             size
----------------------------------------------------
  surfaceflinger              312          8294400
----------------------------------------------------
orphaned allocations (info is from last known client):
            gone               99             4096 0 1
----------------------------------------------------
  total orphaned             4096
          total           8298496
   deferred free                0
----------------------------------------------------
`;

const BLANK = ' '.repeat(16);
const GOLDEN_4_8 = `${BLANK} ${BLANK} ${BLANK}
----------------------------------------------------
${BLANK}              312          8294400
----------------------------------------------------
orphaned allocations (info is from last known client):
${BLANK}               99             4096 0 1
----------------------------------------------------
${BLANK}             4096
${BLANK}          8298496
${BLANK}                0
----------------------------------------------------
`;

describe("a heap's file", () => {
  test('is printed as 4.9 does', () => {
    expect(formatIonHeap(HEAP)).toBe(GOLDEN);
    expect(parseIonHeap(GOLDEN)).toEqual({ ...HEAP, form: '4.9', ignored: [] });
  });

  test('has blanks for names in 4.8', () => {
    expect(formatIonHeap(HEAP, '4.8')).toBe(GOLDEN_4_8);
    expect(parseIonHeap(GOLDEN_4_8)).toMatchObject({
      form: '4.8',
      clients: [{ name: null, pid: 312, size: 8294400 }],
      orphans: [{ name: null, pid: 99, size: 4096, kernelMaps: 0, refs: 1 }],
      total: 8298496,
      deferredFree: 0,
      ignored: [],
    });
  });

  test('of a heap that frees at once has no freelist, and its own lines come last', () => {
    const text = formatIonHeap({
      ...HEAP,
      deferredFree: null,
      lines: ['3 order 4 highmem pages uncached 196608 total'],
    });
    expect(text).not.toContain('deferred free');
    expect(text.endsWith('----\n3 order 4 highmem pages uncached 196608 total\n')).toBe(true);
    expect(parseIonHeap(text)).toMatchObject({
      deferredFree: null,
      lines: ['3 order 4 highmem pages uncached 196608 total'],
      ignored: [],
    });
  });

  test('counts widths in bytes', () => {
    const client = { name: 'kamerä', pid: 1, size: 2 };
    expect(formatIonHeap({ ...HEAP, clients: [client] })).toContain(
      `\n         kamerä                1                2\n`,
    );
  });

  test('is not any other text', () => {
    for (const text of ['', 'x', 'heap_name', GOLDEN.slice(1)]) expect(parseIonHeap(text)).toBeNull();
  });

  test('a name with newlines, or one that looks like figures, forges nothing', () => {
    const clients = [
      { name: 'a\nb 1 2', pid: 7, size: 4096 },
      { name: '--------------', pid: 8, size: 4096 },
      { name: '1 2 3', pid: 9, size: 2 ** 40 },
    ];
    const parsed = parseIonHeap(formatIonHeap({ ...HEAP, clients }));
    expect(parsed).toMatchObject({ clients, ignored: [] });
  });

  test('what is not understood is kept', () => {
    const broken = GOLDEN.replace(/ {2}surfaceflinger.*\n/, 'noise\n').replace('total orphaned ', 'total');
    expect(parseIonHeap(broken)?.ignored).toEqual(['  total            4096', 'noise']);
  });

  test.each(seeds())('what is printed is read again, seed %i', (seed) => {
    const random = new Random(seed);
    const name = (): string =>
      Array.from({ length: 1 + random.below(14) }, () => random.pick(['a', 'Z', '9', '-', 'ü', '\n', 'x y']))
        .join('')
        .slice(0, 15);
    for (let round = 0; round < 200; round++) {
      const row = (): { name: string; pid: number; size: number } => ({
        name: `n${name()}`,
        pid: random.below(2 ** 22),
        size: random.below(2 ** 31) * 4096,
      });
      const heap: IonHeapText = {
        clients: Array.from({ length: random.below(4) }, row),
        orphans: Array.from({ length: random.below(4) }, () => ({
          ...row(),
          kernelMaps: random.below(3),
          refs: random.below(9),
        })),
        totalOrphaned: random.below(2 ** 31),
        total: random.below(2 ** 31),
        deferredFree: random.chance(0.5) ? random.below(2 ** 31) : null,
        lines: random.chance(0.5) ? ['a line', '-'.repeat(52), 'another'] : [],
      };
      expect(parseIonHeap(formatIonHeap(heap))).toEqual({ ...heap, form: '4.9', ignored: [] });
    }
  });
});

describe("a client's file", () => {
  const TEXT = `       heap_name:    size_in_bytes
          system:          8294400
0123456789abcdef:             4096
`;

  test('has a row for each heap, names cut to 16 bytes', () => {
    const heaps = [
      { heap: 'system', size: 8294400 },
      { heap: '0123456789abcdefghi', size: 4096 },
    ];
    expect(formatIonClient(heaps)).toBe(TEXT);
    expect(parseIonClient(TEXT)).toEqual({ heaps: [heaps[0], { heap: '0123456789abcdef', size: 4096 }], ignored: [] });
  });

  test('of a client without handles is the header', () => {
    expect(formatIonClient([])).toBe('       heap_name:    size_in_bytes\n');
    expect(parseIonClient(formatIonClient([]))).toEqual({ heaps: [], ignored: [] });
  });

  test('is not any other text', () => {
    expect(parseIonClient("ion_client 0x0000000000000000 dead, can't dump its buffers\n")).toBeNull();
    expect(parseIonClient(GOLDEN)).toBeNull();
    expect(parseIonClient(`${TEXT}noise\n`)?.ignored).toEqual(['noise']);
  });
});
