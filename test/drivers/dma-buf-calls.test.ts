import { describe, expect, test } from 'vitest';
import { DMA_BUF, dmaBufIoctl } from '../../lib/drivers/dma-buf-ioctl.ts';
import type { DmaBufArgument } from '../../lib/drivers/dma-buf-ioctl.ts';
import { DmaBufExporter } from '../../lib/drivers/dma-buf.ts';
import { DMA_HEAP_IOCTL_ALLOC, dmaHeapIoctl } from '../../lib/drivers/dma-heap-ioctl.ts';
import { DmaHeap } from '../../lib/drivers/dma-heap.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { O, SEEK } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { refusal } from '../model/world.ts';

interface World {
  readonly kernel: Machine;
  readonly task: Task;
  readonly fd: number;
}

function world(size = 8192): World {
  const kernel = new Machine();
  const task = kernel.spawn();
  return { kernel, task, fd: kernel.dmaHeap('system').alloc(task, { size }) };
}

describe('ioctl', () => {
  const { kernel, task, fd } = world();
  const call = (request: number, argument: DmaBufArgument): string | number => {
    try {
      return dmaBufIoctl(task, fd, request, argument);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test.each([
    [DMA_BUF.SYNC_READ, 0],
    [DMA_BUF.SYNC_WRITE | DMA_BUF.SYNC_END, 0],
    [DMA_BUF.SYNC_RW | DMA_BUF.SYNC_START, 0],
    [DMA_BUF.SYNC_END, 'EINVAL'],
    [0, 'EINVAL'],
    [8 | DMA_BUF.SYNC_READ, 'EINVAL'],
  ])('DMA_BUF_IOCTL_SYNC with flags %i', (flags, result) => {
    expect(call(DMA_BUF.IOCTL_SYNC, { flags })).toBe(result);
  });

  test.each([DMA_BUF.SET_NAME_A, DMA_BUF.SET_NAME_B])('DMA_BUF_SET_NAME %i', (request) => {
    expect(call(request, 'a'.repeat(31))).toBe(0);
    expect(task.file(fd).link).toBe(`/dmabuf:${'a'.repeat(31)}`);
    expect(call(request, 'b'.repeat(32))).toBe('EINVAL');
    expect(call(request, null)).toBe('EFAULT');
    expect(task.file(fd).link).toBe(`/dmabuf:${'a'.repeat(31)}`);
    expect(call(request, '')).toBe(0);
    expect(parseFdinfo(kernel.read(`/proc/${task.pid}/fdinfo/${fd}`))!.dmaBuf!.name).toBe('');
  });

  test('sync files come and go', () => {
    const fence = call(DMA_BUF.IOCTL_EXPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_READ }) as number;
    expect([task.file(fence).link, task.files.cloexec(fence)]).toEqual(['anon_inode:sync_file', true]);
    expect(call(DMA_BUF.IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_WRITE, fd: fence })).toBe(0);
    expect(call(DMA_BUF.IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_WRITE, fd })).toBe('EINVAL');
    expect(call(DMA_BUF.IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_WRITE })).toBe('EINVAL');
    expect(call(DMA_BUF.IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_END, fd: fence })).toBe('EINVAL');
    expect(call(DMA_BUF.IOCTL_EXPORT_SYNC_FILE, { flags: 0 })).toBe('EINVAL');
    expect(call(DMA_BUF.IOCTL_EXPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_RW | DMA_BUF.SYNC_END })).toBe('EINVAL');
    expect(call(DMA_BUF.IOCTL_EXPORT_SYNC_FILE, null)).toBe('EFAULT');
    task.group.nofile = task.files.openFds;
    expect(call(DMA_BUF.IOCTL_EXPORT_SYNC_FILE, { flags: DMA_BUF.SYNC_READ })).toBe('EMFILE');
  });

  test('others are not known, nor is this on other files', () => {
    expect(call(0x80086202, { flags: 1 })).toBe('ENOTTY');
    expect(refusal(() => dmaBufIoctl(task, 99, DMA_BUF.IOCTL_SYNC, { flags: 1 }))).toBe('EBADF');
    const other = kernel.spawn();
    expect(refusal(() => dmaBufIoctl(other, kernel.memfdCreate(other, 'x'), DMA_BUF.IOCTL_SYNC, { flags: 1 }))).toBe(
      'ENOTTY',
    );
  });
});

describe('lseek', () => {
  test('of a dma-buf goes to the start and, to tell its size, to the end', () => {
    const { kernel, task, fd } = world(4097);
    expect([task.lseek(fd, 0, SEEK.END), task.lseek(fd, 0, SEEK.SET)]).toEqual([8192, 0]);
    for (const [offset, whence] of [
      [1, SEEK.SET],
      [-1, SEEK.END],
      [0, SEEK.CUR],
      [0, 3],
    ] as const)
      expect(refusal(() => task.lseek(fd, offset, whence))).toBe('EINVAL');
    task.lseek(fd, 0, SEEK.END);
    expect(parseFdinfo(kernel.read(`/proc/${task.pid}/fdinfo/${fd}`))!.pos).toBe(0);
  });

  test('of a memfd moves, for all who share the open file', () => {
    const { kernel, task } = world();
    const fd = kernel.memfdCreate(task, 'x');
    task.ftruncate(fd, 100);
    expect(task.lseek(fd, -10, SEEK.END)).toBe(90);
    expect(task.lseek(task.dup(fd), 5, SEEK.CUR)).toBe(95);
    expect(refusal(() => task.lseek(fd, -96, SEEK.CUR))).toBe('EINVAL');
    expect(refusal(() => task.lseek(fd, 0, 7))).toBe('EINVAL');
    expect(parseFdinfo(kernel.read(`/proc/${task.pid}/fdinfo/${fd}`))!.pos).toBe(95);
    expect(refusal(() => task.lseek(task.socketpair()[0], 0, SEEK.SET))).toBe('ESPIPE');
    expect(refusal(() => task.lseek(99, 0, SEEK.SET))).toBe('EBADF');
  });
});

test('dma_buf_get takes dma-bufs alone', () => {
  const { kernel, task, fd } = world();
  const file = kernel.dmaBufs.get(task, fd);
  expect([file, file.refs]).toEqual([task.file(fd), 2]);
  file.put();
  expect(refusal(() => kernel.dmaBufs.get(task, 99))).toBe('EBADF');
  expect(refusal(() => kernel.dmaBufs.get(task, kernel.memfdCreate(task, 'x')))).toBe('EINVAL');
});

test('dma_buf_fd leaves the reference where there is no fd', () => {
  const { kernel, task } = world();
  const file = kernel.dmaBufs.export(new DmaBufExporter('x'), { size: 4096, creator: task });
  task.group.nofile = 1;
  expect([refusal(() => kernel.dmaBufs.fd(task, file)), file.refs]).toEqual(['EMFILE', 1]);
  task.group.nofile = 9;
  const fd = kernel.dmaBufs.fd(task, file, O.CLOEXEC);
  expect([task.files.cloexec(fd), file.refs]).toEqual([true, 1]);
  expect(refusal(() => kernel.dmaBufs.fd(task, null))).toBe('EINVAL');
});

describe('dma-heap', () => {
  test('a name is given once, and 128 times', () => {
    using kernel = new Machine();
    kernel.addDmaHeap('reserved', { maxBytes: 4096 });
    expect(refusal(() => kernel.addDmaHeap('reserved'))).toBe('EINVAL');
    expect(refusal(() => kernel.addDmaHeap(''))).toBe('EINVAL');
    expect(refusal(() => new DmaHeap(kernel.dmaBufs, ''))).toBe('EINVAL');
    expect(refusal(() => kernel.dmaHeap('reserved').alloc(kernel.spawn(), { size: 4097 }))).toBe('ENOMEM');
    for (let heap = 1; heap < 128; heap++) kernel.addDmaHeap(`heap-${heap}`);
    expect(refusal(() => kernel.addDmaHeap('one-more'))).toBe('EBUSY');
    expect(kernel.dmaHeap('heap-127').path).toBe('/dev/dma_heap/heap-127');
  });

  interface Data {
    readonly len?: bigint;
    readonly fd?: number;
    readonly fdFlags?: number;
    readonly heapFlags?: bigint;
  }

  function data({ len = 4096n, fd = 0, fdFlags = O.RDWR, heapFlags = 0n }: Data, bytes = 24): Uint8Array {
    const whole = new Uint8Array(Math.max(24, bytes));
    const view = new DataView(whole.buffer);
    view.setBigUint64(0, len, true);
    view.setUint32(8, fd, true);
    view.setUint32(12, fdFlags, true);
    view.setBigUint64(16, heapFlags, true);
    return whole.slice(0, bytes);
  }

  const alloc = (one: Data, request: number = DMA_HEAP_IOCTL_ALLOC, bytes = 24): string | number => {
    using kernel = new Machine();
    const task = kernel.spawn();
    task.socketpair();
    const argument = data(one, bytes);
    try {
      dmaHeapIoctl(kernel.dmaHeap('system'), task, request, argument);
    } catch (error) {
      expect(kernel.buffers.size).toBe(0);
      return (error as { code: string }).code;
    }
    expect(task.file(2).buffer?.kind).toBe('dma-buf');
    return argument.length < 12 ? 'ok' : new DataView(argument.buffer).getUint32(8, true);
  };

  test.each<[string, Data, string | number]>([
    ['a page', {}, 2],
    ['a byte', { len: 1n }, 2],
    ['nothing', { len: 0n }, 'EINVAL'],
    ['what overflows to nothing', { len: 2n ** 64n - 1n }, 'EINVAL'],
    ['too much', { len: 2n ** 62n }, 'ENOMEM'],
    ['an fd', { fd: 3 }, 'EINVAL'],
    ['close-on-exec', { fdFlags: O.RDWR | O.CLOEXEC }, 2],
    ['another flag', { fdFlags: O.NONBLOCK }, 'EINVAL'],
    ['heap flags', { heapFlags: 1n }, 'EINVAL'],
    ['high heap flags', { heapFlags: 1n << 63n }, 'EINVAL'],
  ])('asked for %s', (_name, one, result) => {
    expect(alloc(one)).toBe(result);
  });

  test('only the number of the request counts, and its size', () => {
    expect(alloc({}, 0xc0184801)).toBe('EINVAL');
    expect(alloc({}, 0xc0185a00)).toBe(2);
    // Without the flags of the heap, or with more behind them.
    expect(alloc({ heapFlags: 1n }, 0xc0104800, 16)).toBe(2);
    expect(alloc({}, 0xc0204800, 32)).toBe(2);
    expect(alloc({}, 0xc0084800, 8)).toBe('ok');
    expect(alloc({}, DMA_HEAP_IOCTL_ALLOC, 16)).toBe('EFAULT');
  });

  test('without a free fd the buffer is freed', () => {
    const { kernel, task } = world();
    task.group.nofile = 1;
    expect(refusal(() => dmaHeapIoctl(kernel.dmaHeap('system'), task, DMA_HEAP_IOCTL_ALLOC, data({})))).toBe('EMFILE');
    expect(kernel.buffers.size).toBe(1);
  });
});
