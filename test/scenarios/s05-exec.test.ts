/** S5: fd 3, close-on-exec, and fd 4, not, are B, which is mapped too; P1 execs: alone, or beside another thread. */
import { expect, test } from 'vitest';
import { CLONE_PTHREAD, O } from '../../lib/model/flags.ts';
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

function play(semantics: Semantics): { kernel: Machine; p1: Task; buffer: Buffer } {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100 });
  fill(p1, 3);
  const { buffer } = allocateShared(kernel, p1);
  p1.setCloexec(3, true);
  p1.dup(3);
  p1.mmap({ fd: 3, length: SIZE });
  expect([handleOf(p1, buffer), userspaceHandles(kernel, buffer)]).toEqual([{ kref: 2, vmas: 1 }, 1]);
  expect(kernel.read('/proc/100/fdinfo/3')).toContain(`flags:\t0${(O.RDWR | O.CLOEXEC).toString(8)}\n`);
  expect(countIn(kernel, p1, 4)).toBe(3);
  return { kernel, p1, buffer };
}

test.each(BOTH)('S5, %s: a process with one thread keeps the row, with one reference and no mapping', (semantics) => {
  const { kernel, p1, buffer } = play(semantics);
  p1.exec('next');
  expect([handleOf(p1, buffer), userspaceHandles(kernel, buffer)]).toEqual([{ kref: 1, vmas: 0 }, 1]);
  expect(countIn(kernel, p1, 4)).toBe(1);
  expect(kernel.read('/proc/100/maps')).toBe('');
  expect(kernel.read('/proc/100/task/100/dmabuf_fds')).toBe('      27 ');
  expect(chargesOf(kernel, 'pss')).toEqual({ 100: SIZE });
});

test.each(BOTH)('S5, %s: a process with another thread', (semantics) => {
  const { kernel, p1, buffer } = play(semantics);
  p1.clone(CLONE_PTHREAD, { pid: 101 });
  p1.exec('next');
  const posted = semantics === 'posted';
  expect(handleOf(p1, buffer)).toEqual(posted ? null : { kref: 1, vmas: 0 });
  expect(userspaceHandles(kernel, buffer)).toBe(posted ? 0 : 1);
  expect(countIn(kernel, p1, 4)).toBe(1);
  expect(chargesOf(kernel, 'pss')).toEqual({ 100: SIZE });
});
