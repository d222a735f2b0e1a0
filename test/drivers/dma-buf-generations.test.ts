import { describe, expect, test } from 'vitest';
import { DmaBufAttachment } from '../../lib/drivers/dma-buf-attachment.ts';
import { DmaBufExporter } from '../../lib/drivers/dma-buf.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseBufinfo } from '../../lib/procfs/bufinfo-parse.ts';
import { parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { refusal } from '../model/world.ts';

const BUFINFO = '/sys/kernel/debug/dma_buf/bufinfo';

function inodes(kernel: Machine, task: Task, count: number): readonly number[] {
  return Array.from({ length: count }, () => {
    const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
    return task.file(fd).identity!.inode!;
  });
}

describe('inodes', () => {
  test('of today are counted from 1 and never come again', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    task.socketpair();
    expect(inodes(kernel, task, 2)).toEqual([1, 2]);
    task.closeRange(0, 9);
    expect(inodes(kernel, task, 1)).toEqual([3]);
  });

  test('of 5.3 to 5.18 are shared with sockets and come round after 2^32', () => {
    using kernel = new Machine({ dmaBufs: { inodes: 'shared' } });
    const task = kernel.spawn();
    const [socket] = task.socketpair();
    expect(task.file(socket).link).toBe('socket:[1]');
    expect(inodes(kernel, task, 2)).toEqual([3, 4]);
    kernel.lastInode = 2 ** 32 - 2;
    expect(inodes(kernel, task, 3)).toEqual([2 ** 32 - 1, 1, 2]);
    // Two buffers, one inode: nothing in /proc tells them apart.
    kernel.lastInode = 2;
    expect(inodes(kernel, task, 1)).toEqual([3]);
    expect(kernel.read(`/proc/${task.pid}/task/${task.pid}/dmabuf_fds`).match(/ 3 /g)).toHaveLength(2);
  });

  test('before 5.3 there were none', () => {
    using kernel = new Machine({ dmaBufs: { inodes: 'anonymous' } });
    const task = kernel.spawn({ pid: 612 });
    const [one, other] = inodes(kernel, task, 2);
    expect(one).toBe(other);
    expect(kernel.readlink('/proc/612/fd/0')).toBe('anon_inode:dmabuf');
    expect(kernel.stat('/proc/612/fd/0')).toMatchObject({ size: 0, blocks: 0, inode: one });
    expect(parseFdinfo(kernel.read('/proc/612/fdinfo/0'))!.dmaBuf).toBeNull();
    expect(refusal(() => task.file(0).setName('x'))).toBe('ENOTTY');
    task.mmap({ fd: 0, length: 4096 });
    expect(kernel.read('/proc/612/maps')).toMatch(/ anon_inode:dmabuf\n$/);
    expect(kernel.read(BUFINFO)).toBe(
      '\nDma-buf Objects:\nsize    \tflags   \tmode    \tcount   \texp_name\n' +
        '00004096\t00000002\t00080007\t00000001\tsystem\n\tAttached Devices:\nTotal 0 devices attached\n\n' +
        '00004096\t00000002\t00080007\t00000002\tsystem\n\tAttached Devices:\nTotal 0 devices attached\n\n' +
        '\nTotal 2 objects, 8192 bytes\n',
    );
    expect(parseBufinfo(kernel.read(BUFINFO))).toMatchObject({ ignored: [], objects: [{ inode: null }, { count: 2 }] });
  });
});

describe('statistics in sysfs', () => {
  const ROOT = '/sys/kernel/dmabuf/buffers';

  test('are not there unless configured', () => {
    using kernel = new Machine();
    expect(refusal(() => kernel.list(ROOT))).toBe('ENOENT');
  });

  test('of May 2021: a directory from export to release', () => {
    using kernel = new Machine({ dmaBufs: { sysfs: '2021-05' } });
    const task = kernel.spawn();
    expect(kernel.list(ROOT)).toEqual([]);
    const heap = kernel.dmaHeap('system');
    heap.alloc(task, { size: 1 });
    heap.alloc(task, { size: 1 << 20 });
    expect(kernel.list(ROOT)).toEqual(['1', '2']);
    expect(kernel.list(`${ROOT}/2`)).toEqual(['exporter_name', 'size']);
    expect([kernel.read(`${ROOT}/2/exporter_name`), kernel.read(`${ROOT}/2/size`)]).toEqual(['system\n', '1048576\n']);
    expect(kernel.read(`${ROOT}/1/size`, { as: kernel.spawn({ credentials: { uid: 1000 } }) })).toBe('4096\n');
    task.mmap({ fd: 0, length: 4096 });
    task.close(0);
    expect(kernel.list(ROOT)).toEqual(['1', '2']);
    task.exitGroup();
    expect(kernel.list(ROOT)).toEqual([]);
    expect(refusal(() => kernel.read(`${ROOT}/1/size`))).toBe('ENOENT');
  });

  test('of January 2021: attachments, and how often each is mapped', () => {
    using kernel = new Machine({ dmaBufs: { sysfs: '2021-01' } });
    const task = kernel.spawn();
    const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
    expect(kernel.list(`${ROOT}/1`)).toEqual(['exporter_name', 'size', 'attachments']);
    const gpu = new DmaBufAttachment(task.file(fd), 'fe000000.gpu');
    const isp = new DmaBufAttachment(task.file(fd), 'isp', { devicePath: 'devices/pci0000:00/isp' });
    gpu.map();
    gpu.map();
    gpu.unmap();
    expect(kernel.list(`${ROOT}/1/attachments`)).toEqual(['0', '1']);
    expect(kernel.read(`${ROOT}/1/attachments/0/map_counter`)).toBe('1\n');
    expect(kernel.read(`${ROOT}/1/attachments/1/map_counter`)).toBe('0\n');
    expect(kernel.readlink(`${ROOT}/1/attachments/0/device`)).toBe('../../../../../../devices/platform/fe000000.gpu');
    expect(kernel.readlink(`${ROOT}/1/attachments/1/device`)).toBe('../../../../../../devices/pci0000:00/isp');
    gpu.detach();
    new DmaBufAttachment(task.file(fd), 'fe000000.gpu');
    expect(kernel.list(`${ROOT}/1/attachments`)).toEqual(['1', '2']);
    isp.detach();
  });

  test('refuse an inode that another dma-buf has, and give nothing out', () => {
    using kernel = new Machine({ dmaBufs: { inodes: 'shared', sysfs: '2021-05' } });
    const task = kernel.spawn();
    inodes(kernel, task, 1);
    kernel.lastInode = 0;
    expect(refusal(() => inodes(kernel, task, 1))).toBe('EEXIST');
    expect([kernel.buffers.size, task.files.openFds]).toEqual([1, 1]);
    expect(inodes(kernel, task, 1)).toEqual([2]);
  });

  test('refuse an exporter without a name', () => {
    const make = (sysfs: 'off' | '2021-05') => (): void => {
      using kernel = new Machine({ dmaBufs: { sysfs } });
      kernel.dmaBufs.export(new DmaBufExporter(''), { size: 4096, creator: kernel.spawn() });
    };
    expect(refusal(make('2021-05'))).toBe('EINVAL');
    expect(make('off')).not.toThrow();
  });

  test('need inodes', () => {
    expect(() => new Machine({ dmaBufs: { inodes: 'anonymous', sysfs: '2021-05' } })).toThrow(TypeError);
  });
});

test('options that do not exist are refused', () => {
  expect(() => new Machine({ dmaBufs: { inode: 'shared' } as object })).toThrow(/unknown option 'inode'/);
  expect(() => new Machine({ dmaBufs: { inodes: 'many' as 'shared' } })).toThrow(/inodes: expected 'private'/);
  expect(() => new Machine({ dmaBufs: { sysfs: 'on' as 'off' } })).toThrow(TypeError);
});

describe('a device', () => {
  test('attached holds the dma-buf, which bufinfo tells, newest first', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
    const file = task.file(fd);
    const gpu = new DmaBufAttachment(file, 'gpu');
    const isp = new DmaBufAttachment(file, 'isp');
    expect(parseFdinfo(kernel.read(`/proc/${task.pid}/fdinfo/0`))!.dmaBuf!.count).toBe(3);
    task.close(fd);
    expect(parseBufinfo(kernel.read(BUFINFO))!.objects).toMatchObject([{ count: 2, attachments: ['isp', 'gpu'] }]);
    expect(kernel.snapshot().buffers.kept).toEqual(['kernel']);
    gpu.detach();
    gpu.detach();
    isp.detach();
    expect(kernel.buffers.size).toBe(0);
  });

  test('maps what it is attached to', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const gpu = new DmaBufAttachment(task.file(kernel.dmaHeap('system').alloc(task, { size: 4096 })), 'gpu');
    expect(refusal(() => gpu.unmap())).toBe('EINVAL');
    gpu.map();
    gpu.detach();
    expect([gpu.mappings, refusal(() => gpu.map())]).toEqual([0, 'EINVAL']);
    const memfd = task.file(kernel.memfdCreate(task, 'x'));
    expect(refusal(() => new DmaBufAttachment(memfd, 'gpu'))).toBe('EINVAL');
  });

  test.each([true, false])('and names: renameAttached %s', (renameAttached) => {
    using kernel = new Machine({ dmaBufs: { renameAttached } });
    const task = kernel.spawn();
    const file = task.file(kernel.dmaHeap('system').alloc(task, { size: 4096 }));
    const gpu = new DmaBufAttachment(file, 'gpu');
    expect(refusal(() => file.setName('x'.repeat(32)))).toBe('EINVAL');
    if (renameAttached) file.setName('now');
    else expect(refusal(() => file.setName('now'))).toBe('EBUSY');
    gpu.detach();
    file.setName('then');
    expect(file.link).toBe('/dmabuf:then');
  });
});
