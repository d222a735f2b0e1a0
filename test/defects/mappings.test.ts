/** Defects of the 2016 series in mappings, and who may read the file. */
import { describe, expect, test } from 'vitest';
import { CLONE_PTHREAD, MADV, PROT } from '../../lib/model/flags.ts';
import { refusal } from '../model/world.ts';
import { SIZE, World } from './world.ts';

describe('B17: nodes of VMAs', () => {
  test.each([
    ['posted', [0]],
    ['intended', [1]],
  ] as const)('a handle made again has lost them, %s', (semantics, mapped) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const fd = world.share(task, 'B');
    const [left, right] = task.socketpair();
    task.sendmsg(left, [fd]);
    task.mmap({ fd, length: SIZE });
    task.close(fd);
    task.recvmsg(right);
    expect([world.rows(task), world.mapped(task)]).toEqual([['B'], mapped]);
    task.munmap(task.mm.vmas[0]!.start, SIZE);
    expect(world.mapped(task)).toEqual([0]);
  });

  test.each([
    ['posted', [0], 2],
    ['intended', [2], 2],
  ] as const)('a split while there is no handle is never shown, %s', (semantics, mapped, vmas) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const fd = world.share(task, 'B');
    const [left, right] = task.socketpair();
    task.sendmsg(left, [fd]);
    const at = task.mmap({ fd, length: SIZE });
    task.close(fd);
    task.mprotect(at, 4096, PROT.READ);
    task.recvmsg(right);
    expect([world.mapped(task), task.mm.vmas.length]).toEqual([mapped, vmas]);
    const counters = world.counters().map(([name]) => name);
    expect(counters).toEqual(semantics === 'posted' ? ['vm_open_without_handle', 'posted_vma_nodes_leaked'] : []);
  });

  test.each([
    ['posted', [0]],
    ['intended', [1]],
  ] as const)("are lost with every handle at a thread's exit, %s", (semantics, mapped) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const fd = world.share(task, 'B');
    task.mmap({ fd, length: SIZE });
    task.clone(CLONE_PTHREAD).exit();
    task.dup(fd);
    expect(world.mapped(task)).toEqual(mapped);
  });
});

describe('B18: the last fd is closed while a mapping pins the buffer', () => {
  test.each([
    ['posted', [], 0],
    ['intended', ['B'], 1],
  ] as const)('in the process, %s', (semantics, rows, handles) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const fd = world.share(task, 'B');
    const at = task.mmap({ fd, length: SIZE });
    task.close(fd);
    expect([world.rows(task), world.userspaceHandles('B'), world.kernel.buffers.size]).toEqual([rows, handles, 1]);
    task.munmap(at, SIZE);
    expect([world.rows(task), world.kernel.buffers.size]).toEqual([[], 0]);
  });

  test.each([
    ['posted', [], 0],
    ['intended', ['B'], 1],
  ] as const)('and in a forked child, %s', (semantics, rows, vmas) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const fd = world.share(task, 'B');
    task.dup(fd);
    task.mmap({ fd, length: SIZE });
    const child = task.fork();
    expect([world.rows(child), world.mapped(child)]).toEqual([['B'], [1]]);
    child.close(fd);
    child.close(1);
    expect([world.rows(child), world.mapped(child)]).toEqual([rows, rows.map(() => vmas)]);
  });
});

test.each(['posted', 'intended'] as const)(
  'mappings are shown newest first, with the flags of page frames, and not where fork leaves them out, %s',
  (semantics) => {
    using world = new World(semantics);
    const task = world.kernel.spawn();
    const fd = world.share(task, 'B');
    const first = task.mmap({ fd, length: SIZE });
    const second = task.mmap({ fd, length: 4096, offset: 4096, prot: PROT.READ });
    const [row] = world.read(task);
    expect(row!.mappings).toEqual([
      { start: second, end: second + 4096, perms: 'r--s', io: true, offset: 4096 },
      { start: first, end: first + SIZE, perms: 'rw-s', io: true, offset: 0 },
    ]);
    task.madvise(first, SIZE, MADV.DONTFORK);
    expect(world.read(task.fork())[0]!.mappings.map(({ start }) => start)).toEqual([second]);
    expect(world.mapped(task.vfork())).toEqual(semantics === 'posted' ? [0] : [2]);
  },
);

test.each([
  ['posted', 'read'],
  ['intended', 'EACCES'],
] as const)("B23: another user reads a process's file, %s", (semantics, outcome) => {
  using world = new World(semantics);
  const task = world.kernel.spawn();
  world.share(task, 'B');
  const stranger = world.kernel.spawn({ credentials: { uid: 1000, gid: 1000 } });
  const read = (): string => {
    expect(world.kernel.read(`/proc/${task.pid}/memtrack`, { as: stranger })).toContain('  B\n');
    return 'read';
  };
  expect(semantics === 'posted' ? read() : refusal(read)).toBe(outcome);
});
