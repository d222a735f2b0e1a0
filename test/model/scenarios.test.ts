/** The worked scenarios of the proposals' comparison: one buffer of 8 MiB, seen after each step. */
import { describe, expect, test } from 'vitest';
import { CLONE } from '../../lib/model/flags.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { APART, openBuffer } from './world.ts';

const SIZE = 8 << 20;

interface Start {
  kernel: Kernel;
  p1: Task;
  buffer: Buffer;
}

/** P1 with the buffer at fd 3. */
function start(semantics: 'intended' | 'posted' = 'intended'): Start {
  const kernel = new Kernel({ semantics });
  const p1 = kernel.spawn({ pid: 100, comm: 'p1' });
  const file = openBuffer(kernel, APART, SIZE);
  p1.files.installAt(p1, 3, file);
  return { kernel, p1, buffer: file.buffer! };
}

/** `userspace_handles`, as the core counts. */
function handles(kernel: Kernel, buffer: Buffer): number {
  const { key, userspaceHandles } = kernel.snapshot().buffers;
  return userspaceHandles[key.indexOf(buffer.key)]!;
}

/** What P's /proc/[pid]/memtrack counts: fds and VMAs; null without a row. */
function row(kernel: Kernel, task: Task): readonly [fds: number, vmas: number] | null {
  kernel.flush();
  const { leaders, handles: rows } = kernel.tracker!.snapshot();
  const leader = leaders.task.indexOf(task.leader.key);
  const at = rows.leader.indexOf(leader);
  return leader < 0 || at < 0 ? null : [rows.fds[at]!, rows.vmas[at]!];
}

describe.each(['intended', 'posted'] as const)('S1, share and fork, %s', (semantics) => {
  test('counts as the table of the scenario', () => {
    const { kernel, p1, buffer } = start(semantics);
    const p2 = kernel.spawn({ pid: 200 });
    const seen = (): readonly unknown[] => [row(kernel, p1), row(kernel, p2), handles(kernel, buffer), buffer.refs];
    expect(seen()).toEqual([[1, 0], null, 1, 1]);
    p1.dup2(3, 4);
    expect(seen()).toEqual([[2, 0], null, 1, 2]);
    p1.mmap({ fd: 3, length: SIZE });
    expect(seen()).toEqual([[2, 1], null, 1, 3]);
    const message = kernel.hold(p1, [p1.file(3).get()]);
    expect(seen()).toEqual([[2, 1], null, 1, 4]);
    p2.files.installAt(p2, 5, message.take(0)!);
    expect(seen()).toEqual([[2, 1], [1, 0], 2, 4]);
    const p3 = p1.fork({ pid: 300 });
    expect([...seen(), row(kernel, p3)]).toEqual([[2, 1], [1, 0], 3, 7, semantics === 'posted' ? [1, 1] : [2, 1]]);
    p3.close(3);
    expect([...seen(), row(kernel, p3)]).toEqual(
      semantics === 'posted' ? [[2, 1], [1, 0], 2, 6, null] : [[2, 1], [1, 0], 3, 6, [1, 1]],
    );
    kernel.close();
  });
});

describe('S2, exit of a thread', () => {
  test('changes nothing', () => {
    const { kernel, p1, buffer } = start();
    p1.dup2(3, 4);
    p1.clone(CLONE.VM | CLONE.SIGHAND | CLONE.THREAD | CLONE.FILES).exit();
    expect([row(kernel, p1), handles(kernel, buffer), buffer.refs]).toEqual([[2, 0], 1, 2]);
  });

  test('empties the process in posted, and the next dup starts again from one', () => {
    const { kernel, p1, buffer } = start('posted');
    p1.dup2(3, 4);
    p1.clone(CLONE.VM | CLONE.SIGHAND | CLONE.THREAD | CLONE.FILES).exit();
    expect([row(kernel, p1), handles(kernel, buffer), buffer.refs]).toEqual([null, 0, 2]);
    p1.close(3);
    p1.dupfd(4, 3);
    expect([row(kernel, p1), handles(kernel, buffer)]).toEqual([[1, 0], 1]);
    p1.close(3);
    expect([row(kernel, p1), handles(kernel, buffer), buffer.refs]).toEqual([null, 0, 1]);
  });
});

describe('S3, dup2 over an open fd', () => {
  test.each([
    ['intended' as const, 0],
    ['posted' as const, 1],
  ])('%s: a displaced buffer keeps %i handles', (semantics, left) => {
    const { kernel, p1, buffer } = start(semantics);
    const displaced = openBuffer(kernel, APART, SIZE);
    p1.files.installAt(p1, 4, displaced.get());
    p1.dup2(3, 4);
    expect([row(kernel, p1)![0], handles(kernel, buffer), handles(kernel, displaced.buffer!)]).toEqual([2, 1, left]);
    displaced.put();
    expect(kernel.buffers.size).toBe(1);
  });
});

describe('S4, a process that shares the table', () => {
  test('shows the row too, and its close removes it from both', () => {
    const { kernel, p1, buffer } = start();
    const p4 = p1.clone(CLONE.FILES, { pid: 400 });
    expect([row(kernel, p1), row(kernel, p4), handles(kernel, buffer), buffer.refs]).toEqual([[1, 0], [1, 0], 2, 1]);
    const spare = p1.file(3).get();
    p4.close(3);
    expect([row(kernel, p1), row(kernel, p4), handles(kernel, buffer), buffer.refs]).toEqual([null, null, 0, 1]);
    spare.put();
  });

  test('shows nothing in posted, and its close leaves the first a phantom row', () => {
    const { kernel, p1, buffer } = start('posted');
    const p4 = p1.clone(CLONE.FILES, { pid: 400 });
    expect([row(kernel, p1), row(kernel, p4), handles(kernel, buffer)]).toEqual([[1, 0], null, 1]);
    const spare = p1.file(3).get();
    p4.close(3);
    expect([row(kernel, p1), row(kernel, p4), handles(kernel, buffer), buffer.refs]).toEqual([[1, 0], null, 1, 1]);
    spare.put();
  });
});

test.each(['intended', 'posted'] as const)(
  'S5, %s: exec drops mappings and close-on-exec fds, the row stays',
  (semantics) => {
    const { kernel, p1, buffer } = start(semantics);
    p1.dup2(3, 4);
    p1.setCloexec(3, true);
    p1.mmap({ fd: 4, length: SIZE });
    p1.exec();
    expect([row(kernel, p1), handles(kernel, buffer), buffer.refs]).toEqual([[1, 0], 1, 1]);
    expect(p1.file(4).buffer).toBe(buffer);
  },
);

test.each([
  ['intended' as const, [0, 1], 1],
  ['posted' as const, null, 0],
])('S6, %s: a buffer that is only mapped', (semantics, expected, count) => {
  const { kernel, p1, buffer } = start(semantics);
  p1.mmap({ fd: 3, length: SIZE });
  p1.close(3);
  expect([row(kernel, p1), handles(kernel, buffer), buffer.refs]).toEqual([expected, count, 1]);
  expect(p1.mm.vmas[0]!.perms).toBe('rw-s');
});

test.each(['intended', 'posted'] as const)(
  'S7, %s: a buffer that is only in flight is held by no process',
  (semantics) => {
    const { kernel, p1, buffer } = start(semantics);
    const [left, right] = p1.socketpair();
    p1.sendmsg(left, [3]);
    p1.close(3);
    expect([row(kernel, p1), handles(kernel, buffer), buffer.refs, kernel.snapshot().inFlight.length]).toEqual([
      null,
      0,
      1,
      1,
    ]);
    p1.close(right);
    expect([kernel.buffers.size, kernel.messages.size]).toEqual([0, 0]);
  },
);
