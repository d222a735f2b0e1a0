/** Defects of the 2016 series at the end of tasks: the exit notifier. */
import { describe, expect, test } from 'vitest';
import { File } from '../../lib/model/file.ts';
import { CLONE_PTHREAD, PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';
import { SIZE, World } from './world.ts';
import type { Semantics } from './world.ts';

const BOTH: readonly Semantics[] = ['posted', 'intended'];

test.each(BOTH)('B1: an exit drops every handle of the tree that it walks, %s', (semantics) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const other = world.kernel.spawn();
  const tags = Array.from({ length: 20 }, (_, n) => `B${n}`);
  for (const tag of tags) other.pidfdGetfd(task, world.share(task, tag));
  task.exitGroup();
  expect(tags.map((tag) => world.userspaceHandles(tag))).toEqual(tags.map(() => 1));
});

describe.each([
  ['posted', [], [], ['B']],
  ['intended', ['B'], ['B'], ['B']],
] as const)('B2: a thread exits, %s', (semantics, afterExit, afterClose, afterDup) => {
  test('what the process shows then', () => {
    using world = new World(semantics);
    const leader = world.kernel.spawn();
    const fd = world.share(leader, 'B');
    leader.dup(fd);
    leader.clone(CLONE_PTHREAD).exit();
    expect(world.rows(leader)).toEqual(afterExit);
    leader.close(fd);
    expect(world.rows(leader)).toEqual(afterClose);
    expect(leader.dup(1)).toBe(fd);
    expect(world.rows(leader)).toEqual(afterDup);
    leader.close(fd);
    // The handle was made anew with a count of 1: the row goes though an fd is left.
    expect(world.rows(leader)).toEqual(semantics === 'posted' ? [] : ['B']);
    expect(leader.file(1).buffer?.tag).toBe('B');
  });
});

test.each([
  ['posted', []],
  ['intended', ['B']],
] as const)('B3: exec in a process with threads, %s', (semantics, rows) => {
  using world = new World(semantics);
  const leader = world.kernel.spawn();
  const fd = world.share(leader, 'B');
  leader.setCloexec(fd, false);
  leader.clone(CLONE_PTHREAD);
  leader.exec('viewer');
  expect([leader.file(fd).buffer?.tag, world.rows(leader)]).toEqual(['B', rows]);
});

describe('B4: exec by a thread that is not the leader', () => {
  test.each([
    ['posted', []],
    ['intended', ['B']],
  ] as const)('leaves the tree of the old leader behind, %s', (semantics, rows) => {
    using world = new World(semantics);
    const leader = world.kernel.spawn();
    const thread = leader.clone(CLONE_PTHREAD);
    world.share(leader, 'B');
    leader.setCloexec(0, false);
    thread.exec('viewer');
    expect([thread.tid, thread.file(0).buffer?.tag, world.rows(thread)]).toEqual([leader.pid, 'B', rows]);
  });

  test.each([
    ['posted', 2, 1],
    ['intended', 1, 0],
  ] as const)('after the old leader ended its entries are never dropped, %s', (semantics, handles, nextId) => {
    using world = new World(semantics);
    const leader = world.kernel.spawn();
    const thread = leader.clone(CLONE_PTHREAD);
    leader.exit();
    world.share(thread, 'B');
    const other = world.kernel.spawn();
    other.pidfdGetfd(thread, 0);
    thread.exec('viewer');
    thread.exitGroup();
    expect(world.userspaceHandles('B')).toBe(handles);
    other.exitGroup();
    expect([world.kernel.buffers.size, world.nextId()]).toEqual([0, nextId]);
  });
});

/**
 * A file that the task has only mapped: unmapping is the last thing before its files go, so that `then` runs when its notifier has
 * run and its table is still there.
 */
function whenMmGoes(world: World, task: Task, then: () => void): void {
  const { kernel } = world;
  const buffer = kernel.createBuffer(
    { name: 'last', kind: 'buffer', memtrack: false, released: then },
    { size: SIZE, creator: task },
  );
  const fd = task.install(new File({ buffer, operations: { mmap: () => undefined } }));
  task.mmap({ fd, length: SIZE });
  task.close(fd);
}

test.each([
  ['posted', 2, [['posted_install_into_dead_task', 1]]],
  ['intended', 1, [['unknown_task', 1]]],
] as const)('B5: binder installs into a process that is dying, %s', (semantics, handles, counters) => {
  using world = new World(semantics);
  const { kernel } = world;
  const { binder } = kernel;
  const target = kernel.spawn({ parent: kernel.spawn() });
  const device = binder.open(target);
  target.mmap({ fd: device, length: 4096, prot: PROT.READ, shared: false });
  const sender = kernel.spawn();
  const fd = world.share(sender, 'B');
  const passed: number[] = [];
  whenMmGoes(world, target, () => {
    passed.push(...binder.transact(sender, binder.open(sender), binder.process(target, device), [fd]));
  });
  target.exitGroup();
  expect(passed).toHaveLength(1);
  expect(world.userspaceHandles('B')).toBe(handles);
  expect(world.counters()).toEqual(counters);
});

test.each([
  ['posted', 3, 1],
  ['intended', 2, 0],
] as const)('B12: fork finds no pid after the table was copied, %s', (semantics, handles, nextId) => {
  using world = new World(semantics, { pidMax: 4 });
  const parent = world.kernel.spawn();
  world.share(parent, 'B');
  const child = parent.fork();
  expect(refusal(() => parent.fork())).toBe('EAGAIN');
  expect(world.userspaceHandles('B')).toBe(handles);
  child.exitGroup();
  parent.exitGroup();
  expect([world.kernel.buffers.size, world.nextId()]).toEqual([0, nextId]);
});

test.each([
  ['posted', 2, 1],
  ['intended', 1, 0],
] as const)('B27: without CONFIG_PROFILING no exit drops a handle, %s', (semantics, handles, nextId) => {
  using world = new World(semantics, { profiling: false });
  const task = world.kernel.spawn();
  const fd = world.share(task, 'B');
  const other = world.kernel.spawn();
  other.pidfdGetfd(task, fd);
  const thread = task.clone(CLONE_PTHREAD);
  thread.exit();
  expect(world.rows(task)).toEqual(['B']);
  task.exitGroup();
  expect(world.userspaceHandles('B')).toBe(handles);
  other.exitGroup();
  expect([world.kernel.buffers.size, world.nextId()]).toEqual([0, nextId]);
});
