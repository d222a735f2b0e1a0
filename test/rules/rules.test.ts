import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findHolding, findTotals, pss, rss, uss } from '../../lib/rules/index.ts';
import { property } from '../property.ts';
import { buildSnapshot } from '../snapshot-builder.ts';
import { COMMON, naiveCharges } from './naive-rules.ts';
import { randomSnapshot } from './random-snapshot.ts';

const sum = (bytes: Iterable<number>): number => [...bytes].reduce((total, figure) => total + figure, 0);

describe('any snapshot', () => {
  const check = (name: string, verify: (snapshot: Parameters<typeof findHolding>[0]) => void): void => {
    test(name, () => {
      fc.assert(
        fc.property(randomSnapshot, (snapshot) => {
          verify(snapshot);
        }),
        property(500),
      );
    });
  };

  check('rss, pss and uss are what counting page by page gives', (snapshot) => {
    const naive = naiveCharges(snapshot);
    const holding = findHolding(snapshot);
    expect([...rss(holding).bytes]).toEqual(naive.rss);
    expect([...uss(holding).bytes]).toEqual(naive.uss);
    const { exact } = pss(holding);
    expect(naive.pss.map((_, row) => (exact(row).numerator * COMMON) / exact(row).denominator)).toEqual(naive.pss);
    expect(findTotals(holding)).toMatchObject({
      bytes: naive.bytes,
      heldBytes: naive.held,
      orphanBytes: naive.bytes - naive.held,
    });
  });

  check('pss adds up to the bytes held, and is less than a byte from exact', (snapshot) => {
    const holding = findHolding(snapshot);
    const { bytes, sum: total, exact } = pss(holding);
    expect(sum(bytes)).toBe(findTotals(holding).heldBytes);
    expect(total).toBe(findTotals(holding).heldBytes);
    bytes.forEach((figure, row) => {
      const { numerator, denominator } = exact(row);
      const off = BigInt(figure) * denominator - numerator;
      expect(off > -denominator && off < denominator).toBe(true);
    });
  });

  check('uss ≤ pss ≤ rss for whoever shares no table', (snapshot) => {
    const holding = findHolding(snapshot);
    const charges = { rss: rss(holding).bytes, pss: pss(holding).bytes, uss: uss(holding).bytes };
    for (let row = 0; row < snapshot.processes.length; row++) {
      expect(charges.uss[row]).toBeLessThanOrEqual(charges.pss[row] ?? NaN);
      if (holding.sharing.members.size > 0) continue;
      expect(charges.pss[row]).toBeLessThanOrEqual(charges.rss[row] ?? NaN);
    }
    expect(sum(charges.pss)).toBeLessThanOrEqual(rss(holding).sum);
  });

  check('since is the earliest reference', (snapshot) => {
    const { byProcess } = findHolding(snapshot);
    const { processes, fds, maps, handles } = snapshot;
    for (let row = 0; row < processes.length; row++) {
      for (let i = byProcess.begin[row] ?? 0; i < (byProcess.end[row] ?? 0); i++) {
        const times = [
          ...fds.since.filter(
            (_, at) => fds.buffer[at] === byProcess.buffer[i] && processes.tables[row]?.includes(fds.table[at] ?? -1),
          ),
          ...maps.since.filter(
            (_, at) =>
              maps.buffer[at] === byProcess.buffer[i] &&
              processes.addressSpaces[row]?.includes(maps.addressSpace[at] ?? -1),
          ),
          ...handles.since.filter(
            (_, at) =>
              handles.buffer[at] === byProcess.buffer[i] &&
              processes.containers[row]?.includes(handles.container[at] ?? -1),
          ),
        ];
        expect(byProcess.since[i]).toBe(times.reduce((first, time) => (time < first ? time : first)));
        expect((byProcess.fds[i] ?? 0) + (byProcess.maps[i] ?? 0) + (byProcess.handles[i] ?? 0)).toBe(times.length);
      }
    }
  });
});

describe('pss', () => {
  test('three holders of ten bytes: the earlier ones are rounded up', () => {
    const processes = [1, 2, 3].map((pid) => ({ pid, fds: [[3, 0]] as [number, number][] }));
    const charges = pss(findHolding(buildSnapshot({ buffers: [{ size: 10 }], processes })));
    expect([...charges.bytes]).toEqual([4, 3, 3]);
    expect(charges.exact(1)).toEqual({ numerator: 10n, denominator: 3n });
  });

  test('the largest remainder is rounded up first', () => {
    const snapshot = buildSnapshot({
      buffers: [{ size: 5 }, { size: 5 }],
      processes: [
        { pid: 1, fds: [[3, 0]] },
        { pid: 2, fds: [[3, 0]] },
        {
          pid: 3,
          fds: [
            [3, 0],
            [4, 1],
          ],
        },
        { pid: 4, fds: [[3, 1]] },
      ],
    });
    // 5/3, 5/3, 25/6, 5/2: floors 1, 1, 4, 2 leave two bytes, which 2/3 and 2/3 get.
    expect([...pss(findHolding(snapshot)).bytes]).toEqual([2, 2, 4, 2]);
  });
});

describe('processes that share', () => {
  const snapshot = buildSnapshot({
    buffers: [{ size: 4096 }, { size: 8192 }],
    processes: [
      { pid: 10, tables: [1], fds: [[3, 0]] },
      { pid: 11, tables: [1], addressSpaces: [7], maps: [[4096, 1, 8192]] },
      { pid: 12, addressSpaces: [7] },
      { pid: 13, fds: [[3, 1]] },
    ],
  });
  const holding = findHolding(snapshot);

  test('each shows what it refers to', () => {
    expect([...rss(holding).bytes]).toEqual([4096, 12288, 8192, 8192]);
  });

  test('they are one holder, charged at the one that started first', () => {
    expect([...pss(holding).bytes]).toEqual([8192, 0, 0, 4096]);
    expect([...uss(holding).bytes]).toEqual([4096, 0, 0, 0]);
    expect(holding.sharing.members.get(0)).toEqual([0, 1, 2]);
  });

  test('sums count them once', () => {
    expect(rss(holding).sum).toBe(4096 + 8192 + 8192);
    expect(pss(holding).sum).toBe(12288);
  });
});

describe('a udmabuf over a memfd', () => {
  const buffers = [
    { size: 8192, kind: 'memfd' as const },
    { size: 4096, backing: 0 },
  ];

  test('counts its pages once in sums', () => {
    const holding = findHolding(
      buildSnapshot({
        buffers,
        processes: [
          {
            pid: 1,
            fds: [
              [3, 0],
              [4, 1],
            ],
          },
        ],
      }),
    );
    expect(findTotals(holding)).toMatchObject({ buffers: 2, bytes: 8192, heldBytes: 8192, orphanBytes: 0 });
    expect(rss(holding).bytes[0]).toBe(8192);
  });

  test('is shared with who holds the memfd', () => {
    const holding = findHolding(
      buildSnapshot({
        buffers,
        processes: [
          { pid: 1, fds: [[3, 0]] },
          { pid: 2, fds: [[3, 1]] },
        ],
      }),
    );
    expect([...pss(holding).bytes]).toEqual([6144, 2048]);
    expect([...uss(holding).bytes]).toEqual([4096, 0]);
  });

  test('leaves what it does not cover of an unheld memfd to nobody', () => {
    const holding = findHolding(buildSnapshot({ buffers, processes: [{ pid: 2, fds: [[3, 1]] }] }));
    expect(findTotals(holding)).toMatchObject({ heldBytes: 4096, orphanBytes: 4096 });
  });
});

test('a buffer of unknown size counts with what is known and makes the sum a lower bound', () => {
  const holding = findHolding(
    buildSnapshot({
      buffers: [{ size: 4096 }, { sizeAtLeast: 100 }, {}],
      processes: [
        {
          pid: 1,
          fds: [
            [3, 0],
            [4, 1],
          ],
        },
        { pid: 2, fds: [[3, 0]] },
        { pid: 3, fds: [[3, 2]] },
      ],
    }),
  );
  const charges = rss(holding);
  expect([...charges.bytes]).toEqual([4196, 4096, 0]);
  expect([...charges.lowerBound]).toEqual([1, 0, 1]);
  expect(findTotals(holding).unknownSizes).toBe(2);
});

test('resident bytes are null when nothing is known of them, else a sum that says what it lacks', () => {
  const of = (buffers: { size: number; resident?: number }[]): object =>
    findTotals(findHolding(buildSnapshot({ buffers })));
  expect(of([{ size: 1 }])).toMatchObject({ residentBytes: null, unknownResident: 1 });
  expect(of([{ size: 9, resident: 4 }, { size: 1 }])).toMatchObject({ residentBytes: 4, unknownResident: 1 });
});

test('a table that no process uses holds nothing', () => {
  const snapshot = buildSnapshot({ buffers: [{ size: 1 }], processes: [{ pid: 1, tables: [], fds: [[3, 0]] }] });
  expect(findTotals(findHolding(snapshot))).toMatchObject({ heldBytes: 0, orphanBytes: 1 });
});

describe('files that hold buffers for others', () => {
  const buffers = [{ size: 4096 }, { size: 8192 }];
  const handles = [
    [1, 0],
    [2, 0],
    [1, 1, 'framebuffer'],
  ] as const;

  test('whoever reaches one holds what is in it, and is one holder with the others', () => {
    const holding = findHolding(
      buildSnapshot({
        buffers,
        processes: [
          { pid: 10, containers: [7] },
          { pid: 11, containers: [7, 8] },
          { pid: 12, containers: [9] },
        ],
        containers: [{ id: 7, handles }, { id: 8 }, { id: 9, handles: [[1, 1]] }],
      }),
    );
    expect([...rss(holding).bytes]).toEqual([12288, 12288, 8192]);
    expect([...pss(holding).bytes]).toEqual([8192, 0, 4096]);
    expect([...uss(holding).bytes]).toEqual([4096, 0, 0]);
    expect([...holding.byHolder.handles]).toEqual([2, 1, 1]);
    expect(holding.sharing.members.get(0)).toEqual([0, 1]);
  });

  test('only in a message: its buffers are in flight, once for each handle and message', () => {
    const holding = findHolding(
      buildSnapshot({ buffers, processes: [{ pid: 10 }], containers: [{ id: 7, inFlight: 2, handles }] }),
    );
    expect([...holding.inFlight]).toEqual([4, 2]);
    expect(holding.holders.process.length).toBe(0);
  });

  test('in a message and in a process: its buffers are held, not in flight', () => {
    const holding = findHolding(
      buildSnapshot({
        buffers,
        processes: [{ pid: 10, containers: [7] }],
        containers: [{ id: 7, inFlight: 1, handles }],
      }),
    );
    expect([...holding.inFlight]).toEqual([0, 0]);
    expect([...holding.holders.process]).toEqual([0, 0]);
  });
});
