/** /sys/kernel/dmabuf/buffers in its later generation. */
import { expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { refusal } from '../model/world.ts';

const BUFFERS = '/sys/kernel/dmabuf/buffers';

test('a directory comes with the export and goes with the release', () => {
  const kernel = new Machine({ dmaBufs: { sysfs: '2021-05' } });
  const task = kernel.spawn();
  expect(kernel.list(BUFFERS)).toEqual([]);
  const fd = kernel.dmaHeap('system').alloc(task, { size: 4097 });
  kernel.dmaHeap('reserved').alloc(task, { size: 4096 });
  kernel.memfdCreate(task, 'no dma-buf');
  expect(kernel.list(BUFFERS)).toEqual(['1', '2']);
  expect(kernel.list(`${BUFFERS}/1`)).toEqual(['exporter_name', 'size']);
  expect(kernel.read(`${BUFFERS}/1/exporter_name`)).toBe('system\n');
  expect(kernel.read(`${BUFFERS}/1/size`)).toBe('8192\n');
  expect(kernel.read(`${BUFFERS}/2/exporter_name`)).toBe('reserved\n');
  task.mmap({ fd, length: 4096 });
  task.close(fd);
  expect(kernel.list(BUFFERS)).toEqual(['1', '2']);
  task.munmap(task.mm.vmas[0]!.start, 4096);
  expect(kernel.list(BUFFERS)).toEqual(['2']);
  expect(refusal(() => kernel.read(`${BUFFERS}/1/size`))).toBe('ENOENT');
  kernel.close();
});
