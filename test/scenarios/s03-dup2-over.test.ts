/** S3: fd 3 is B, fd 4 is C, which nobody else has: dup2(3, 4). */
import { expect, test } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
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
} from './stage.ts';

function play(semantics: Semantics): { kernel: Machine; p1: Task; krefs: () => readonly unknown[] } {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100 });
  fill(p1, 3);
  const b = allocateShared(kernel, p1);
  const c = allocateShared(kernel, p1);
  const krefs = (): readonly unknown[] => [handleOf(p1, b.buffer)?.kref, handleOf(p1, c.buffer)?.kref];
  expect(krefs()).toEqual([1, 1]);
  const spare = p1.file(4).get();
  p1.dup2(3, 4);
  expect(krefs()).toEqual([2, semantics === 'posted' ? 1 : undefined]);
  spare.put();
  return { kernel, p1, krefs };
}

const HEADER =
  ' ref_count:       Identifier:         size:          tag:    startAddr-endAddr: Flags:    pgOff: pid:100\n';
const row = (id: number): string => `         1                 ${id}       8388608              \n`;

test('S3, posted: C is shown for ever, its id is lost, and P1 holds what is gone', () => {
  const { kernel, p1 } = play('posted');
  expect(kernel.buffers.size).toBe(1);
  expect(kernel.read('/proc/100/memtrack')).toBe(HEADER + row(0) + row(1));
  expect(kernel.tracker!.counters().map(({ name, count }) => [name, count])).toEqual([
    ['remove_while_held', 1],
    ['posted_id_leaked', 1],
  ]);
  const next = allocateShared(kernel, p1);
  expect(kernel.snapshot().buffers.id).toEqual([0, 2]);
  p1.close(next.fd);
  p1.close(3);
  p1.close(4);
  expect(kernel.read('/proc/100/memtrack')).toBe(HEADER + row(1));
});

test('S3, intended: C goes with its last fd, and its id is used again', () => {
  const { kernel, p1 } = play('intended');
  expect(kernel.read('/proc/100/memtrack')).toBe(HEADER + row(0));
  expect(kernel.tracker!.counters()).toEqual([]);
  allocateShared(kernel, p1);
  expect(kernel.snapshot().buffers.id).toEqual([0, 1]);
});

test.each(BOTH)('S3, %s: fdinfo, dmabuf_fds and the rules see B twice and C not at all', (semantics) => {
  const { kernel, p1 } = play(semantics);
  expect([countIn(kernel, p1, 3), countIn(kernel, p1, 4)]).toEqual([2, 2]);
  expect(kernel.read('/proc/100/task/100/dmabuf_fds')).toBe('      27       27 ');
  expect(chargesOf(kernel, 'rss')).toEqual({ 100: SIZE });
  expect(chargesOf(kernel, 'libdmabufinfoPss')).toEqual({ 100: SIZE });
});
