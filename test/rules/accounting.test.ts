/** What each way of accounting charges for one state: every rule side by side. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findHolding, rules, type RuleName } from '../../lib/rules/index.ts';
import { property } from '../property.ts';
import { buildSnapshot } from '../snapshot-builder.ts';

const MIB = 2 ** 20;
const inode = (number: number): { dev: string; inode: number } => ({ dev: '0:11', inode: number });

/**
 * Process 100 allocated a dma-buf of 8 MiB (two fds, one mapping) and a udmabuf of 1 MiB over its memfd, all of which it maps; 200
 * has one fd of the first and maps half the memfd; 300 only maps the first; 400, which exited, allocated one that is in flight.
 * A GEM object of 200 was never exported: no dma-buf.
 */
const scene = buildSnapshot({
  buffers: [
    { size: 8 * MIB, files: [inode(27)], refs: 5, creatorRow: 0, exporter: 'system' },
    { size: MIB, kind: 'memfd', files: [{ dev: '0:1', inode: 5 }], refs: 4, creatorRow: 0 },
    { size: MIB, backing: 1, files: [inode(28)], refs: 1, creatorRow: 0, exporter: 'udmabuf' },
    { size: MIB, files: [inode(29)], refs: 1, creatorRow: 3, exporter: 'system', kept: 'inFlight' },
    { size: 2 * MIB, kind: 'gem', refs: 0, creatorRow: 1, exporter: 'card0' },
  ],
  processes: [
    {
      pid: 100,
      fds: [
        [3, 0],
        [4, 0],
        [5, 1],
        [6, 2],
      ],
      maps: [
        [0x10000000, 0, 8 * MIB],
        [0x20000000, 1, 2 * MIB],
      ],
    },
    { pid: 200, fds: [[5, 0]], maps: [[0x20000000, 1, MIB / 2]] },
    { pid: 300, maps: [[0x10000000, 0, 8 * MIB]] },
    { pid: 400, state: 'exited' },
  ],
  inFlight: [[3, 400]],
});

const held = 8 * MIB + MIB;
const charges: readonly (readonly [RuleName, readonly number[], number])[] = [
  // rule, charges of 100, 200, 300, 400 in KiB, what is charged to nobody in KiB
  ['rss', [held / 1024, 9216, 8192, 0], 3072],
  ['memtrack', [10240, 9216, 8192, 0], 3072],
  ['dmabufFds', [9216, 8192, 0, 0], 3072],
  ['libdmabufinfoRss', [9216, 8192, 8192, 0], 3072],
  ['perFileBadness', [2 * 1640 + 256 + 1024, 1640, 0, 0], 3072],
  ['perFileRss', [16384 + 1024 + 1024, 8192, 0, 0], 3072],
  ['gpuCgroup', [9216, 0, 0, 1024], 2048],
  ['memcgDmabuf', [9216, 0, 0, 1024], 2048],
  ['perfettoDmaHeap', [9216, 0, 0, 1024], 2048],
  ['dmaHeapMemcg', [8192, 0, 0, 1024], 3072],
  ['dmem', [0, 2048, 0, 0], 10240],
  ['smapsRss', [1024, 512, 0, 0], 11264],
  ['smapsPss', [768, 256, 0, 0], 11264],
];

describe('one state under every rule', () => {
  test.each(charges)('%s charges %j KiB and %i KiB to nobody', (name, expected, unattributed) => {
    const holding = findHolding(scene);
    const result = rules[name](holding);
    expect([...result.bytes].map((bytes) => bytes / 1024)).toEqual(expected);
    expect(result.unattributed / 1024).toBe(unattributed);
    expect(result.sum).toBe([...result.bytes].reduce((sum, bytes) => sum + bytes, 0));
  });

  test('libdmabufinfoPss divides by the processes, rounded down', () => {
    const third = Math.floor((8 * MIB) / 3);
    expect([...rules.libdmabufinfoPss(findHolding(scene)).bytes]).toEqual([third + MIB, third, third, 0]);
  });

  test('every rule has an answer for a state without anything', () => {
    const holding = findHolding(buildSnapshot({}));
    for (const rule of Object.values(rules)) {
      expect(rule(holding)).toMatchObject({ sum: 0, unattributed: 0 });
    }
    expect(new Set(Object.values(rules).map((rule) => rule(holding).rule)).size).toBe(Object.keys(rules).length);
  });

  test('a buffer of unknown size makes a charge a lower bound, where the size is what is charged', () => {
    const holding = findHolding(
      buildSnapshot({
        buffers: [
          { sizeAtLeast: 4096, kind: 'dma-buf', files: [inode(1)], refs: 1, creatorRow: 0, exporter: 'system' },
        ],
        processes: [{ pid: 1, fds: [[3, 0]] }, { pid: 2 }],
      }),
    );
    for (const name of ['memtrack', 'dmabufFds', 'libdmabufinfoPss', 'perFileRss', 'dmaHeapMemcg'] as const)
      expect([...rules[name](holding).lowerBound], name).toEqual([1, 0]);
  });
});

test('handles are charged in full for each file or client, once per handle', () => {
  const holding = findHolding(
    buildSnapshot({
      buffers: [
        { size: 2 * MIB, kind: 'gem' },
        { size: MIB, kind: 'ion' },
      ],
      processes: [
        { pid: 1, containers: [1, 3], driverPages: 512 },
        { pid: 2, containers: [1, 2] },
        { pid: 3, containers: [3] },
      ],
      containers: [
        {
          id: 1,
          kind: 'drm-file',
          handles: [
            [1, 0, 'handle'],
            [2, 0, 'handle'],
            [40, 0, 'framebuffer'],
          ],
        },
        { id: 2, kind: 'drm-file', handles: [[1, 0, 'handle']] },
        { id: 3, kind: 'ion-client', handles: [[1, 1, 'handle']] },
      ],
    }),
  );
  expect([...rules.drmFdinfo(holding).bytes]).toEqual([4 * MIB, 6 * MIB, 0]);
  expect(rules.drmFdinfo(holding).unattributed).toBe(MIB);
  expect([...rules.ionDebugfs(holding).bytes]).toEqual([MIB, 0, 0]);
  expect(rules.ionDebugfs(holding).unattributed).toBe(2 * MIB);
  expect([...rules.driverPages(holding).bytes]).toEqual([2 * MIB, 0, 0]);
  expect(rules.driverPages(holding).unattributed).toBe(MIB);
});

test('two inodes of one buffer are two dma-bufs to who goes by inodes, and one buffer to memtrack', () => {
  const snapshot = buildSnapshot({
    buffers: [{ size: 8 * MIB, kind: 'ion', files: [inode(27), inode(28)], refs: 1 }],
    processes: [
      {
        pid: 100,
        fds: [
          [3, 0],
          [4, 0],
        ],
      },
    ],
  });
  const holding = findHolding({ ...snapshot, fds: { ...snapshot.fds, file: [0, 1] } });
  expect(rules.libdmabufinfoRss(holding).sum).toBe(16 * MIB);
  expect(rules.libdmabufinfoPss(holding).sum).toBe(16 * MIB);
  expect(rules.dmabufFds(holding).sum).toBe(16 * MIB);
  expect(rules.memtrack(holding).sum).toBe(8 * MIB);
});

test('a table that two processes share is two holders to libdmabufinfo and one to pss', () => {
  const holding = findHolding(
    buildSnapshot({
      buffers: [{ size: 8 * MIB, files: [inode(27)], refs: 1 }],
      processes: [
        { pid: 100, tables: [1], fds: [[3, 0]] },
        { pid: 400, tables: [1] },
      ],
    }),
  );
  expect([...rules.libdmabufinfoPss(holding).bytes]).toEqual([4 * MIB, 4 * MIB]);
  expect([...rules.pss(holding).bytes]).toEqual([8 * MIB, 0]);
});

test('smapsPss and smapsRss are what counting page by page gives', () => {
  const PAGE = 4096;
  const mapping = fc.record({
    process: fc.nat(3),
    buffer: fc.nat(1),
    offset: fc.nat(5),
    pages: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(
      fc.array(mapping, { maxLength: 12 }),
      fc.array(fc.nat(6), { minLength: 2, maxLength: 2 }),
      (list, sizes) => {
        const sorted = [...list].sort((a, b) => a.process - b.process);
        const snapshot = buildSnapshot({
          buffers: sizes.map((pages) => ({ size: pages * PAGE, kind: 'memfd' })),
          processes: [0, 1, 2, 3].map((process) => ({
            pid: process + 1,
            maps: sorted
              .filter((one) => one.process === process)
              .map(({ buffer, pages }, i) => [i * 2 ** 20, buffer, pages * PAGE] as const),
          })),
        });
        const maps = { ...snapshot.maps, offset: sorted.map(({ offset }) => offset * PAGE) };
        const rss = [0, 0, 0, 0];
        const units = [0, 0, 0, 0];
        for (const [buffer, size] of sizes.entries()) {
          for (let page = 0; page < size; page++) {
            const here = sorted.filter(
              (one) => one.buffer === buffer && one.offset <= page && page < one.offset + one.pages,
            );
            for (const { process } of here) {
              rss[process]! += PAGE;
              units[process]! += Math.floor((PAGE * 4096) / here.length);
            }
          }
        }
        const holding = findHolding({ ...snapshot, maps });
        expect([...rules.smapsRss(holding).bytes]).toEqual(rss);
        expect([...rules.smapsPss(holding).bytes]).toEqual(units.map((sum) => Math.floor(sum / 4096)));
      },
    ),
    property(300),
  );
});
