/** S4: P4 = clone(CLONE_FILES) of P1, which has B at fd 3; P4 closes 3. A spare reference keeps B. */
import { expect, test } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import type { File } from '../../lib/model/file.ts';
import { CLONE } from '../../lib/model/flags.ts';
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

interface Scene {
  readonly kernel: Machine;
  readonly file: File;
  readonly buffer: Buffer;
  readonly p1: Task;
  readonly p4: Task;
}

function play(semantics: Semantics): Scene {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100 });
  fill(p1, 3);
  const { fd, buffer } = allocateShared(kernel, p1);
  const file = p1.file(fd).get();
  const p4 = p1.clone(CLONE.FILES, { pid: 400 });
  return { kernel, file, buffer, p1, p4 };
}

const krefs = ({ p1, p4, buffer }: Scene): readonly unknown[] =>
  [p1, p4].map((task) => handleOf(task, buffer)?.kref ?? null);

test('S4, posted: P4 shows nothing, and its close leaves P1 a phantom row', () => {
  const scene = play('posted');
  const { kernel, buffer, p4 } = scene;
  expect([krefs(scene), userspaceHandles(kernel, buffer)]).toEqual([[1, null], 1]);
  expect(kernel.read('/proc/400/memtrack')).toBe('');
  p4.close(3);
  expect([krefs(scene), userspaceHandles(kernel, buffer)]).toEqual([[1, null], 1]);
  expect(kernel.read('/proc/100/memtrack')).not.toBe('');
});

test('S4, intended: both show the row, and the close removes it from both', () => {
  const scene = play('intended');
  const { kernel, buffer, p4 } = scene;
  expect([krefs(scene), userspaceHandles(kernel, buffer)]).toEqual([[1, 1], 2]);
  p4.close(3);
  expect([krefs(scene), userspaceHandles(kernel, buffer)]).toEqual([[null, null], 0]);
  expect(kernel.read('/proc/100/memtrack')).toBe('');
});

test.each(BOTH)(
  'S4, %s: clone adds nothing to the count; libdmabufinfo takes one table for two holders',
  (semantics) => {
    const { kernel, file, p1, p4 } = play(semantics);
    expect([countIn(kernel, p1, 3), countIn(kernel, p4, 3)]).toEqual([2, 2]);
    expect([100, 400].map((pid) => kernel.read(`/proc/${pid}/task/${pid}/dmabuf_fds`))).toEqual([
      '      27 ',
      '      27 ',
    ]);
    expect(chargesOf(kernel, 'libdmabufinfoPss')).toEqual({ 100: SIZE / 2, 400: SIZE / 2 });
    expect(chargesOf(kernel, 'pss')).toEqual({ 100: SIZE });
    expect(chargesOf(kernel, 'rss')).toEqual({ 100: SIZE, 400: SIZE });
    p4.close(3);
    expect(file.refs).toBe(1);
    expect(kernel.read('/sys/kernel/debug/dma_buf/bufinfo')).toContain('\t00000001\tion\t00000027\t');
    expect(chargesOf(kernel, 'libdmabufinfoPss')).toEqual({});
    expect(chargesOf(kernel, 'rss')).toEqual({});
  },
);
