import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAnswer, makeAnswer } from '../../lib/report/index.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { property } from '../property.ts';
import { randomSnapshot } from '../rules/random-snapshot.ts';
import { buildSnapshot } from '../snapshot-builder.ts';
import { example, losses } from './example.ts';

test('the document of the contract, field by field', () => {
  expect(makeAnswer(findHolding(example), { losses })).toMatchObject({
    schema: 'memtrack/1',
    at: '12500000000',
    mode: 'references',
    totals: { buffers: 2, bytes: 12288, heldBytes: 8192, orphanBytes: 4096, residentBytes: null },
    processes: [
      {
        pid: 612,
        comm: 'camera',
        state: 'alive',
        status: null,
        rss: 8192,
        pss: 4096,
        uss: 0,
        buffers: 1,
        fds: 2,
        maps: 1,
        handles: 0,
        sharedWith: [],
      },
      {
        pid: 700,
        comm: 'viewer',
        state: 'alive',
        status: null,
        rss: 8192,
        pss: 4096,
        uss: 0,
        buffers: 1,
        fds: 1,
        maps: 0,
        handles: 0,
        sharedWith: [],
      },
      {
        pid: 800,
        comm: 'old',
        state: 'killed',
        status: 11,
        rss: 0,
        pss: 0,
        uss: 0,
        buffers: 0,
        fds: 0,
        maps: 0,
        handles: 0,
        sharedWith: [],
      },
    ],
    buffers: [
      {
        key: 1,
        id: 0,
        inode: 27,
        files: [{ dev: '0:11', inode: 27 }],
        backing: null,
        size: 8192,
        resident: null,
        name: 'cam',
        tag: null,
        exporter: 'system',
        kind: 'dma-buf',
        creator: 612,
        refs: 4,
        userspaceHandles: 2,
        known: 'exact',
        holders: [
          { pid: 612, fds: 2, maps: 1, handles: 0, since: '12000000000' },
          { pid: 700, fds: 1, maps: 0, handles: 0, since: '12400000000' },
        ],
        orphan: null,
      },
      {
        key: 2,
        id: 1,
        inode: 28,
        size: 4096,
        name: null,
        kind: 'dma-buf',
        refs: null,
        inFlight: 1,
        holders: [],
        orphan: 'inFlight',
      },
    ],
    losses: [
      {
        name: 'uninstall_without_handle',
        severity: 'error',
        count: 3,
        meaning: 'A buffer was released that was not held.',
      },
    ],
  });
});

test('detail names every descriptor and mapping, in order', () => {
  const { buffers } = makeAnswer(findHolding(example), { detail: true });
  expect(buffers[0]?.holders).toMatchObject([
    {
      pid: 612,
      fdList: [
        { fd: 5, cloexec: true },
        { fd: 7, cloexec: false },
      ],
      mapList: [{ start: '7f390b6f0000', length: 8192, offset: 0, perms: 'rw-s' }],
    },
    { pid: 700, fdList: [{ fd: 3, cloexec: false }], mapList: [] },
  ]);
});

describe('what is not known', () => {
  const answer = makeAnswer(
    findHolding(
      buildSnapshot({
        at: null,
        buffers: [{ sizeAtLeast: 100, known: 'inferred' }, {}, { size: 5, sizeAtLeast: 5 }],
        processes: [{ pid: 1, fds: [[3, 0]] }, { pid: 2 }],
      }),
    ),
  );

  test('is null, with a lower bound where there is one', () => {
    expect(answer.buffers[0]).toMatchObject({
      id: null,
      inode: null,
      size: null,
      sizeAtLeast: 100,
      creator: null,
      known: 'inferred',
    });
    expect(answer.buffers[1]).toMatchObject({ size: null });
    expect(answer.buffers[1]).not.toHaveProperty('sizeAtLeast');
    expect(answer.buffers[2]).not.toHaveProperty('sizeAtLeast');
  });

  test('makes sums lower bounds', () => {
    expect(answer.totals).toMatchObject({ bytes: 105, heldBytes: 100, known: 'lower-bound', unknownSizes: 2 });
    expect(answer.processes.map((row) => row.known)).toEqual(['lower-bound', 'exact']);
  });

  test('has no time without a clock', () => {
    expect(answer.at).toBeNull();
    expect(answer.buffers[0]?.holders[0]?.since).toBeNull();
  });
});

test('a set that shares is listed at each pid and named once as holder', () => {
  const { processes, buffers } = makeAnswer(
    findHolding(
      buildSnapshot({
        buffers: [{ size: 4096 }],
        processes: [
          {
            pid: 10,
            tables: [1],
            fds: [
              [3, 0, 7n],
              [4, 0, 5n],
            ],
          },
          { pid: 11, tables: [1], maps: [[0x1000, 0, 4096, 4n]] },
          { pid: 12 },
        ],
      }),
    ),
    { detail: true },
  );
  expect(processes.map((row) => [row.pid, row.rss, row.pss, row.fds, row.maps, row.sharedWith])).toEqual([
    [10, 4096, 4096, 2, 0, [11]],
    [11, 4096, 0, 2, 1, [10]],
    [12, 0, 0, 0, 0, []],
  ]);
  expect(buffers[0]?.holders).toEqual([
    {
      pid: 10,
      fds: 2,
      maps: 1,
      handles: 0,
      since: '4',
      fdList: [
        { fd: 3, cloexec: false },
        { fd: 4, cloexec: false },
      ],
      mapList: [{ start: '1000', length: 4096, offset: 0, perms: 'rw-s' }],
    },
  ]);
});

test.each([
  ['the kernel', { kept: 'kernel' as const }, 'kernel'],
  ['a name', { kept: 'named' as const }, 'named'],
  ['nobody known', {}, 'unknown'],
])('an orphan kept by %s says so', (_, spec, orphan) => {
  expect(makeAnswer(findHolding(buildSnapshot({ buffers: [{ size: 1, ...spec }] }))).buffers[0]?.orphan).toBe(orphan);
});

test('a buffer both held and in flight is held, and says how often it is in flight', () => {
  const snapshot = buildSnapshot({
    buffers: [{ size: 1 }],
    processes: [{ pid: 1, fds: [[3, 0]] }],
    inFlight: [
      [0, 1],
      [0, 1],
    ],
  });
  expect(makeAnswer(findHolding(snapshot)).buffers[0]).toMatchObject({ orphan: null, inFlight: 2 });
});

test('any snapshot: details agree with counts, orphans are what nobody holds, sums agree', () => {
  fc.assert(
    fc.property(randomSnapshot, (snapshot) => {
      const { buffers, processes, totals } = makeAnswer(findHolding(snapshot), { detail: true });
      for (const buffer of buffers) {
        expect(buffer.orphan === null).toBe(buffer.holders.length > 0);
        for (const holder of buffer.holders) {
          expect([holder.fdList?.length, holder.mapList?.length]).toEqual([holder.fds, holder.maps]);
          expect(holder.handleList?.length ?? 0).toBe(holder.handles);
        }
      }
      expect(processes.reduce((sum, row) => sum + row.pss, 0)).toBe(totals.heldBytes);
      expect(totals.heldBytes + totals.orphanBytes).toBe(totals.bytes);
    }),
    property(),
  );
});

describe('a DRM file that two processes have', () => {
  const answer = makeAnswer(
    findHolding(
      buildSnapshot({
        buffers: [{ size: 4096, kind: 'gem' }],
        processes: [
          { pid: 10, comm: 'shell', containers: [3] },
          { pid: 11, comm: 'child', containers: [3] },
        ],
        containers: [
          {
            id: 3,
            handles: [
              [44, 0, 'framebuffer', 9n],
              [2, 0, 'handle', 5n],
            ],
          },
        ],
      }),
    ),
    { detail: true },
  );

  test('counts handles and framebuffers as handles, at each process, and names the holder once', () => {
    expect(answer.processes).toMatchObject([
      { pid: 10, buffers: 1, fds: 0, handles: 2, rss: 4096, pss: 4096, sharedWith: [11] },
      { pid: 11, buffers: 1, fds: 0, handles: 2, rss: 4096, pss: 0, sharedWith: [10] },
    ]);
    expect(answer.buffers[0]).toMatchObject({
      orphan: null,
      holders: [
        {
          pid: 10,
          fds: 0,
          maps: 0,
          handles: 2,
          since: '5',
          handleList: [
            { via: 'handle', number: 2, container: 3, kind: 'drm-file' },
            { via: 'framebuffer', number: 44, container: 3, kind: 'drm-file' },
          ],
        },
      ],
    });
  });

  test('shows them in tables', () => {
    expect(formatAnswer(answer, { by: 'buffer', detail: true })).toContain(
      'shell[10] 2 handles (2 of drm-file 3, framebuffer 44 of drm-file 3)',
    );
    expect(formatAnswer(answer, { by: 'process' })).toMatch(/HANDLES.*\n.*10.*shell.* 2 .*11\n/);
  });
});

test('a buffer whose DRM file is in a message alone is in flight', () => {
  const snapshot = buildSnapshot({
    buffers: [{ size: 1, kept: 'kernel' }],
    processes: [{ pid: 1 }],
    containers: [{ id: 3, inFlight: 1, handles: [[1, 0]] }],
  });
  expect(makeAnswer(findHolding(snapshot)).buffers[0]).toMatchObject({ orphan: 'inFlight', inFlight: 1, holders: [] });
});
