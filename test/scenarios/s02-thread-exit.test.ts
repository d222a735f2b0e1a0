/** S2: P1 has two threads, and fds 3 and 4 of B; one thread exits, then 3 is closed, made again from 4, and closed again. */
import { expect, test } from 'vitest';
import { CLONE_PTHREAD } from '../../lib/model/flags.ts';
import type { Machine } from '../../lib/machine/machine.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import type { Task } from '../../lib/model/task.ts';
import {
  allocateShared,
  BOTH,
  chargesOf,
  countIn,
  fill,
  handleOf,
  openMachine,
  type Semantics,
  SIZE,
  userspaceHandles,
} from './stage.ts';

function play(semantics: Semantics): { kernel: Machine; p1: Task; buffer: Buffer; seen: () => readonly unknown[] } {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100 });
  fill(p1, 3);
  const { buffer } = allocateShared(kernel, p1);
  p1.dup(3);
  const thread = p1.clone(CLONE_PTHREAD, { pid: 101 });
  const seen = (): readonly unknown[] => [handleOf(p1, buffer)?.kref ?? null, userspaceHandles(kernel, buffer)];
  expect(seen()).toEqual([2, 1]);
  thread.exit();
  return { kernel, p1, buffer, seen };
}

test('S2, posted: the file of the process is empty after the exit of a thread', () => {
  const { kernel, p1, seen } = play('posted');
  expect(kernel.read('/proc/100/memtrack')).toBe('');
  expect(seen()).toEqual([null, 0]);
  p1.close(3);
  expect(seen()).toEqual([null, 0]);
  expect(p1.dup(4)).toBe(3);
  expect(seen()).toEqual([1, 1]);
  p1.close(3);
  expect(seen()).toEqual([null, 0]);
  expect(countIn(kernel, p1, 4)).toBe(1);
  p1.close(4);
  expect(kernel.buffers.size).toBe(0);
  expect(kernel.tracker!.counters().map(({ name }) => name)).not.toContain('remove_while_held');
});

test('S2, intended: the exit of a thread changes nothing', () => {
  const { kernel, p1, seen } = play('intended');
  expect(seen()).toEqual([2, 1]);
  p1.close(3);
  expect(seen()).toEqual([1, 1]);
  expect(p1.dup(4)).toBe(3);
  expect(seen()).toEqual([2, 1]);
  p1.close(3);
  expect(seen()).toEqual([1, 1]);
  p1.close(4);
  expect(kernel.buffers.size).toBe(0);
});

test.each(BOTH)('S2, %s: fdinfo, dmabuf_fds and the rules see both fds after it', (semantics) => {
  const { kernel, p1 } = play(semantics);
  expect(countIn(kernel, p1, 3)).toBe(2);
  expect(kernel.read('/proc/100/task/100/dmabuf_fds')).toBe('      27       27 ');
  for (const rule of ['rss', 'pss', 'uss', 'libdmabufinfoPss', 'dmabufFds', 'memcgDmabuf', 'perFileBadness'] as const)
    expect(chargesOf(kernel, rule), rule).toEqual({ 100: SIZE });
  expect(chargesOf(kernel, 'perFileRss')).toEqual({ 100: 2 * SIZE });
});
