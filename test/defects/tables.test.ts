/** Defects of the 2016 series in descriptor tables: what a table is, and whose. */
import { describe, expect, test } from 'vitest';
import { CLONE } from '../../lib/model/flags.ts';
import { World } from './world.ts';

const { THREAD, SIGHAND, VM, FILES } = CLONE;

test.each([
  ['posted', ['KEPT', 'DISPLACED'], 1],
  ['intended', ['KEPT'], 0],
] as const)('B7: dup2 over a tracked fd, %s', (semantics, rows, handles) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const kept = world.share(task, 'KEPT');
  const displaced = world.share(task, 'DISPLACED');
  const [left] = task.socketpair();
  task.sendmsg(left, [displaced]); // so that the buffer outlives the fd
  task.dup2(kept, displaced);
  expect(world.rows(task)).toEqual(rows);
  expect(world.userspaceHandles('DISPLACED')).toBe(handles);
  task.exitGroup();
  expect(world.userspaceHandles('DISPLACED')).toBe(0);
});

test.each([
  ['posted', ['B']],
  ['intended', []],
] as const)('B7: dup2 of a buffer onto an fd of its own leaves a count too many, %s', (semantics, rows) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const fd = world.share(task, 'B');
  const [left] = task.socketpair();
  task.sendmsg(left, [fd]);
  const second = task.dup(fd);
  task.dup2(fd, second);
  task.close(fd);
  task.close(second);
  expect(world.rows(task)).toEqual(rows);
});

test.each([
  ['posted', []],
  ['intended', ['B']],
] as const)('B8: after fork, the first of several fds that the child closes drops its row, %s', (semantics, rows) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const fd = world.share(task, 'B');
  task.dup(fd);
  const child = task.fork();
  expect([world.rows(child), world.userspaceHandles('B')]).toEqual([['B'], 2]);
  child.close(fd);
  expect(world.rows(child)).toEqual(rows);
  expect([child.file(1).buffer?.tag, world.rows(task)]).toEqual(['B', ['B']]);
});

test.each([
  ['posted', [], 1, ['B']],
  ['intended', ['B'], 2, []],
] as const)('B9: CLONE_FILES without CLONE_THREAD, %s', (semantics, shown, handles, left) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const fd = world.share(task, 'B');
  const [other] = task.socketpair();
  task.sendmsg(other, [fd]);
  const sibling = task.clone(FILES);
  expect([world.rows(sibling), world.userspaceHandles('B')]).toEqual([shown, handles]);
  sibling.close(fd);
  // As posted, the close looked into the sibling's own tree: a phantom is left.
  expect([task.files.get(fd), world.rows(task)]).toEqual([null, left]);
});

test.each([
  ['posted', []],
  ['intended', ['B']],
] as const)('B10: CLONE_THREAD without CLONE_FILES, %s', (semantics, rows) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  const fd = world.share(task, 'B');
  const thread = task.clone(THREAD | SIGHAND | VM);
  thread.close(fd);
  expect([task.file(fd).buffer?.tag, world.rows(task)]).toEqual(['B', rows]);
});

describe('B11: a table that is no longer shared', () => {
  test.each([
    ['posted', ['B', 'PARENT']],
    ['intended', ['B']],
  ] as const)('counts what the parent holds after unshare, %s', (semantics, rows) => {
    using world = new World(semantics);
    const parent = world.kernel.spawn();
    world.share(parent, 'B');
    const child = parent.fork();
    child.clone(FILES);
    world.share(parent, 'PARENT');
    child.unshareFiles();
    expect(world.rows(child)).toEqual(rows);
  });

  test.each([
    ['posted', ['PARENT']],
    ['intended', []],
  ] as const)('or after exec, %s', (semantics, rows) => {
    using world = new World(semantics);
    const parent = world.kernel.spawn();
    const child = parent.fork();
    child.clone(FILES);
    world.share(parent, 'PARENT');
    child.exec('viewer');
    expect([child.files.get(0)?.buffer?.tag, world.rows(child)]).toEqual([undefined, rows]);
  });

  test.each([
    ['posted', []],
    ['intended', ['B']],
  ] as const)('and misses what a parent that is gone does not hold, %s', (semantics, rows) => {
    using world = new World(semantics);
    const parent = world.kernel.spawn();
    const sibling = parent.clone(FILES);
    parent.clone(FILES);
    world.share(parent, 'B');
    parent.exitGroup();
    sibling.unshareFiles();
    expect([sibling.file(0).buffer?.tag, world.rows(sibling)]).toEqual(['B', rows]);
  });

  test.each(['posted', 'intended'] as const)("unshare of a table of one's own is nothing, %s", (semantics) => {
    using world = new World(semantics);
    const parent = world.kernel.spawn();
    const child = parent.fork();
    world.share(parent, 'PARENT');
    child.unshareFiles();
    expect(world.rows(child)).toEqual([]);
  });
});
