import { describe, expect, test } from 'vitest';
import { DmaBufExporter, DmaBufs } from '../../lib/drivers/dma-buf.ts';
import { DmaHeap } from '../../lib/drivers/dma-heap.ts';
import { O } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

function start(): { kernel: Kernel; task: Task; heap: DmaHeap; dmaBufs: DmaBufs } {
  const kernel = new Kernel();
  const dmaBufs = new DmaBufs(kernel);
  return { kernel, task: kernel.spawn(), heap: new DmaHeap(dmaBufs, 'system'), dmaBufs };
}

describe('a dma-heap', () => {
  test('gives an fd of a new dma-buf in whole pages', () => {
    const { kernel, task, heap } = start();
    const fd = heap.alloc(task, { size: 5000 });
    expect(task.file(fd).buffer).toMatchObject({ size: 8192, name: null, kind: 'dma-buf', creator: task, refs: 1 });
    expect(task.file(fd).buffer!.exporter.name).toBe('system');
    expect(task.files.cloexec(fd)).toBe(true);
    expect(kernel.snapshot().buffers.id).toEqual([0]);
  });

  test('refuses flags it does not know and an empty buffer', () => {
    const { kernel, task, heap } = start();
    expect(refusal(() => heap.alloc(task, { size: 0 }))).toBe('EINVAL');
    expect(refusal(() => heap.alloc(task, { size: 1, fdFlags: O.NONBLOCK }))).toBe('EINVAL');
    expect(refusal(() => heap.alloc(task, { size: 1, heapFlags: 1 }))).toBe('EINVAL');
    expect(refusal(() => heap.alloc(task, { size: 2 ** 50 }))).toBe('ENOMEM');
    expect(refusal(() => new DmaHeap(new DmaBufs(kernel), ''))).toBe('EINVAL');
    expect(kernel.buffers.size).toBe(0);
  });

  test('without a free fd frees the buffer again', () => {
    const { kernel, task, heap } = start();
    task.group.nofile = 1;
    expect(task.file(heap.open(task)).link).toBe('/dev/dma_heap/system');
    expect(refusal(() => heap.alloc(task, { size: 4096 }))).toBe('EMFILE');
    expect(kernel.buffers.size).toBe(0);
  });
});

describe('a dma-buf', () => {
  test('has an inode of its own, counted up and never used again', () => {
    const { task, heap } = start();
    const inodes = [1, 2, 3].map(() => {
      const fd = heap.alloc(task, { size: 4096 });
      const { files } = task.file(fd).buffer!;
      task.close(fd);
      return files;
    });
    expect(inodes).toEqual([1, 2, 3].map((inode) => [{ dev: '0:11', inode }]));
  });

  test('takes a name of 31 bytes, not of 32, and shows it in its link', () => {
    const { task, heap } = start();
    const file = task.file(heap.alloc(task, { size: 4096 }));
    expect(file.link).toBe('/dmabuf:');
    file.setName('x'.repeat(31));
    expect(refusal(() => file.setName('ü'.repeat(16)))).toBe('EINVAL');
    expect(file.link).toBe(`/dmabuf:${'x'.repeat(31)}`);
    file.setName('');
    expect([file.link, file.buffer!.name]).toEqual(['/dmabuf:', '']);
  });

  test('is not mapped beyond its size; its page frames neither merge nor grow', () => {
    const { task, heap } = start();
    const fd = heap.alloc(task, { size: 8192 });
    expect(refusal(() => task.mmap({ fd, length: 8193 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd, length: 4096, offset: 8192 }))).toBe('EINVAL');
    const at = task.mmap({ fd, length: 8192 });
    task.mprotect(at, 4096, 1);
    task.mprotect(at, 4096, 3);
    expect(task.mm.vmas).toHaveLength(2);
    expect(refusal(() => task.mremap(at + 4096, 4096, 8192))).toBe('EFAULT');
    expect(task.file(fd).refs).toBe(3);
  });

  test('of an exporter that cannot map or not privately is EINVAL', () => {
    const { task, dmaBufs } = start();
    const unmappable = new DmaBufExporter('scanout', { mappable: false });
    const shared = new DmaBufExporter('shared', { privateMaps: false, vmFlags: 0 });
    const fds = [unmappable, shared].map((exporter) =>
      task.install(dmaBufs.export(exporter, { size: 8192, creator: task })),
    );
    expect(refusal(() => task.mmap({ fd: fds[0]!, length: 4096 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd: fds[1]!, length: 4096, shared: false }))).toBe('EINVAL');
    task.mmap({ fd: fds[1]!, length: 4096 });
    task.mmap({ fd: fds[1]!, length: 4096, offset: 4096, address: task.mm.vmas[0]!.end, fixed: true });
    expect(task.mm.vmas).toHaveLength(1);
  });

  test('has no size to change, no seals, and other files no name', () => {
    const { task, heap } = start();
    const device = heap.open(task);
    expect(refusal(() => task.ftruncate(heap.alloc(task, { size: 4096 }), 0))).toBe('EINVAL');
    expect(refusal(() => task.file(device).setName('x'))).toBe('ENOTTY');
  });
});
