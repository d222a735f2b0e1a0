/** Defects of the 2016 series in buffers: their ids, their tags, and what ION makes of failures. */
import { describe, expect, test } from 'vitest';
import { Tracker } from '../../lib/core/tracker.ts';
import { refusal } from '../model/world.ts';
import { SIZE, World } from './world.ts';
import type { Semantics } from './world.ts';

const BOTH: readonly Semantics[] = ['posted', 'intended'];

/** A world whose tracker has limits; closed with it. */
function limited(semantics: Semantics, limits: { readonly ids?: number; readonly tags?: number }) {
  const tracker = new Tracker({ semantics, limits });
  return { tracker, world: new World(semantics, { tracker }) };
}

test.each([
  ['posted', 0],
  ['intended', -12],
] as const)('B6: a handle cannot be allocated, %s', (semantics, status) => {
  using tracker = new Tracker({ semantics, limits: { handles: 1 } });
  const task = tracker.spawn(612);
  const install = (): number => {
    try {
      tracker.install(task, tracker.init({ size: SIZE, task }));
      return 0;
    } catch (error) {
      return (error as { errno: number }).errno;
    }
  };
  expect([install(), install()]).toEqual([0, status]);
  expect(tracker.snapshot().handles.length).toBe(1);
});

test.each([
  ['posted', 0],
  ['intended', -2],
] as const)('B6: the close of an fd whose handle could not be allocated, %s', (semantics, status) => {
  using tracker = new Tracker({ semantics, limits: { handles: 1 } });
  const task = tracker.spawn(612);
  const [held, missed] = [tracker.init({ size: SIZE }), tracker.init({ size: SIZE })];
  const call = (step: () => void): number => {
    try {
      step();
      return 0;
    } catch (error) {
      return (error as { errno: number }).errno;
    }
  };
  tracker.install(task, held);
  call(() => tracker.install(task, missed));
  expect(call(() => tracker.uninstall(task, missed))).toBe(status);
});

describe('B14: a buffer that is freed while a handle is left', () => {
  test.each([
    ['posted', ['KEPT', 'GONE'], 2, ['remove_while_held', 'posted_id_leaked']],
    ['intended', ['KEPT'], 1, []],
  ] as const)('dangles in the tree, its id is lost, %s', (semantics, rows, nextId, counters) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const kept = world.share(task, 'KEPT');
    const gone = world.share(task, 'GONE');
    task.dup2(kept, gone); // B7: the displaced file was the last reference
    expect([...world.kernel.buffers.values()].map(({ tag }) => tag)).toEqual(['KEPT']);
    expect(world.counters().map(([name]) => name)).toEqual(counters);
    expect([world.rows(task), world.nextId()]).toEqual([rows, nextId]);
  });
});

describe('B16: ION allocates a buffer for which there is no id', () => {
  test('posted: as if nothing were, and nobody ever shows it', () => {
    const { tracker, world } = limited('posted', { ids: 1 });
    const { kernel, ion } = world;
    const task = kernel.spawn();
    world.share(task, 'B');
    const device = ion.open(task);
    const fd = ion.share(task, device, ion.alloc(task, device, { size: SIZE }));
    expect([task.file(fd).buffer?.size, world.rows(task)]).toEqual([SIZE, ['B']]);
    task.close(fd);
    kernel.flush();
    expect(tracker.counters().map(({ name }) => name)).toContain('init_enospc');
    kernel.close();
    tracker.close();
  });

  test('intended: the allocation is refused and leaves nothing', () => {
    const { tracker, world } = limited('intended', { ids: 1 });
    const { kernel, ion } = world;
    const task = kernel.spawn();
    world.share(task, 'B');
    const device = ion.open(task);
    expect(refusal(() => ion.alloc(task, device, { size: SIZE }))).toBe('ENOSPC');
    expect([kernel.buffers.size, ion.heaps[0]!.used, ion.client(task, device).handles]).toEqual([1, SIZE, []]);
    kernel.close();
    tracker.close();
  });
});

test.each(BOTH)('B22: an id is used again at once, the lowest first, %s', (semantics) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const fds = ['A', 'B', 'C'].map((tag) => world.share(task, tag));
  const ids = (): readonly number[] => world.read(task).map(({ id }) => id);
  expect(ids()).toEqual([0, 1, 2]);
  task.close(fds[0]!);
  task.close(fds[1]!);
  world.share(task, 'D');
  expect([ids(), world.rows(task)]).toEqual([
    [0, 2],
    ['D', 'C'],
  ]);
  const { key, tag } = world.kernel.snapshot().buffers;
  expect([tag, new Set(key).size]).toEqual([['C', 'D'], 2]);
});

describe('B29: ION_IOC_TAG', () => {
  test.each([
    ['posted', 2, 1],
    ['intended', 1, 0],
  ] as const)('takes a reference of the handle and keeps it, %s', (semantics, refs, left) => {
    using world = new World(semantics);
    const { kernel, ion } = world;
    const task = kernel.spawn({ pid: 100 });
    const device = ion.open(task);
    const handle = ion.alloc(task, device, { size: SIZE });
    ion.tag(task, device, handle, 'CAMERA');
    expect(ion.client(task, device).handles.map((each) => each.refs)).toEqual([refs]);
    ion.free(task, device, handle);
    expect(kernel.buffers.size).toBe(left);
    const rows = kernel.read('/sys/kernel/debug/ion/clients/100-0').split('\n').length - 2;
    expect(rows).toBe(left);
    task.close(device);
    expect(kernel.buffers.size).toBe(0);
  });

  test.each([
    ['posted', 'done'],
    ['intended', 'ENOMEM'],
  ] as const)('tells or does not that the tag could not be stored, %s', (semantics, outcome) => {
    const { tracker, world } = limited(semantics, { tags: 1 });
    const { kernel, ion } = world;
    const task = kernel.spawn();
    world.share(task, 'FIRST');
    const device = ion.open(task);
    const handle = ion.alloc(task, device, { size: SIZE });
    ion.share(task, device, handle);
    const tag = (): string => {
      ion.tag(task, device, handle, 'SECOND');
      return 'done';
    };
    expect(semantics === 'posted' ? tag() : refusal(tag)).toBe(outcome);
    expect(world.rows(task)).toEqual(['FIRST', '']);
    kernel.close();
    tracker.close();
  });
});

test.each([
  ['posted', ['OLD']],
  ['intended', ['']],
] as const)('B33: a tag cannot be cleared, %s', (semantics, rows) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const fd = world.share(task, 'OLD');
  task.file(fd).buffer!.setTag(null);
  expect(world.rows(task)).toEqual(rows);
  expect(world.kernel.snapshot().buffers.tag).toEqual(semantics === 'posted' ? ['OLD'] : [null]);
});

test.each(BOTH)('B34: a tag for no buffer is refused, where the patch follows a null pointer, %s', (semantics) => {
  using tracker = new Tracker({ semantics });
  expect(refusal(() => tracker.setTag(0, 'x'))).toBe('ENOENT');
});

test.each([
  ['posted', ['ION']],
  ['intended', ['ION', '', '']],
] as const)('exporters that give no memtrack buffer are not tracked, %s', (semantics, rows) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  world.share(task, 'ION');
  world.kernel.dmaHeap('system').alloc(task, { size: SIZE });
  world.kernel.memfdCreate(task, 'frame');
  expect(world.rows(task)).toEqual(rows);
});
