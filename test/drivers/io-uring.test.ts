import { describe, expect, test } from 'vitest';
import { IORING_SETUP } from '../../lib/drivers/io-uring.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { File } from '../../lib/model/file.ts';
import { PAGE, PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { openBuffer, refusal } from '../model/world.ts';

function start(): { kernel: Machine; task: Task; ring: number; fd: number; file: File } {
  const kernel = new Machine();
  const task = kernel.spawn();
  const ring = kernel.ioUringSetup(task, 3);
  const file = openBuffer(kernel);
  return { kernel, task, ring, file, fd: task.install(file) };
}

describe('io_uring_setup', () => {
  test('rounds up to powers of two; the fd is close-on-exec', () => {
    const { kernel, task, ring } = start();
    expect(task.file(ring)).toMatchObject({ sqEntries: 4, cqEntries: 8, link: 'anon_inode:[io_uring]' });
    expect(task.files.cloexec(ring)).toBe(true);
    const flags = IORING_SETUP.CQSIZE | IORING_SETUP.CLAMP;
    const other = kernel.ioUrings.at(task, kernel.ioUringSetup(task, 99999, { flags, cqEntries: 99999 }));
    expect([other.sqEntries, other.cqEntries]).toEqual([32768, 65536]);
  });

  test('refuses as Linux does', () => {
    const { kernel, task } = start();
    expect(refusal(() => kernel.ioUringSetup(task, 0))).toBe('EINVAL');
    expect(refusal(() => kernel.ioUringSetup(task, 32769))).toBe('EINVAL');
    expect(refusal(() => kernel.ioUringSetup(task, 4, { flags: 2 ** 31 }))).toBe('EINVAL');
    expect(refusal(() => kernel.ioUringSetup(task, 4, { flags: 8, cqEntries: 2 }))).toBe('EINVAL');
    expect(() => kernel.ioUringSetup(task, 4, { entries: 4 } as object)).toThrow(TypeError);
    task.group.nofile = 2;
    expect(refusal(() => kernel.ioUringSetup(task, 4))).toBe('EMFILE');
  });
});

describe('registered files', () => {
  test('are held by the ring alone, and gone with it', () => {
    const { kernel, task, ring, fd, file } = start();
    kernel.now = 7n;
    kernel.ioUrings.registerFiles(task, ring, [-1, fd, fd]);
    task.close(fd);
    expect([file.refs, kernel.buffers.size]).toEqual([2, 1]);
    const { operations } = task.file(ring);
    expect([...operations.holds!(task.file(ring))]).toEqual([
      { buffer: file.buffer, via: 'registered', number: 1, since: 7n },
      { buffer: file.buffer, via: 'registered', number: 2, since: 7n },
    ]);
    task.close(ring);
    expect(kernel.buffers.size).toBe(0);
  });

  test('stay while a fork, a dup or a mapping has the ring, and are not close-on-exec themselves', () => {
    const { kernel, task, ring, fd } = start();
    kernel.ioUrings.registerFiles(task, ring, [fd]);
    task.close(fd);
    const child = task.fork();
    task.mmap({ fd: ring, length: PAGE });
    task.close(ring);
    child.exec();
    expect(kernel.buffers.size).toBe(1);
    task.exec();
    expect(kernel.buffers.size).toBe(0);
  });

  test('register all or nothing', () => {
    const { kernel, task, ring, fd, file } = start();
    const { ioUrings } = kernel;
    expect(refusal(() => ioUrings.registerFiles(task, fd, [fd]))).toBe('EOPNOTSUPP');
    expect(refusal(() => ioUrings.registerFiles(task, 99, [fd]))).toBe('EBADF');
    expect(refusal(() => ioUrings.registerFiles(task, ring, []))).toBe('EINVAL');
    expect(refusal(() => ioUrings.registerFiles(task, ring, [fd, 99]))).toBe('EBADF');
    expect(refusal(() => ioUrings.registerFiles(task, ring, [fd, ring]))).toBe('EBADF');
    expect(refusal(() => ioUrings.registerFiles(task, ring, [fd, -2]))).toBe('EBADF');
    expect(refusal(() => ioUrings.registerFiles(task, ring, new Array<number>(1025).fill(-1)))).toBe('EMFILE');
    expect(file.refs).toBe(1);
    expect(refusal(() => ioUrings.unregisterFiles(task, ring))).toBe('ENXIO');
    ioUrings.registerFiles(task, ring, [fd]);
    expect(refusal(() => ioUrings.registerFiles(task, ring, []))).toBe('EBUSY');
    ioUrings.unregisterFiles(task, ring);
    expect(file.refs).toBe(1);
  });

  test('a sparse table is filled by updates; a bad fd stops one and empties its slot', () => {
    const { kernel, task, ring, fd, file } = start();
    const { ioUrings } = kernel;
    expect(refusal(() => ioUrings.updateFiles(task, ring, 0, [fd]))).toBe('ENXIO');
    ioUrings.registerSparse(task, ring, 3);
    const slots = (): readonly boolean[] => kernel.ioUrings.at(task, ring).slots!.map((slot) => slot !== null);
    expect(ioUrings.updateFiles(task, ring, 0, [fd, fd, fd])).toBe(3);
    expect(ioUrings.updateFiles(task, ring, 0, [-2, -1])).toBe(2);
    expect([slots(), file.refs]).toEqual([[true, false, true], 3]);
    expect(ioUrings.updateFiles(task, ring, 1, [fd, 99])).toBe(1);
    expect(slots()).toEqual([true, true, false]);
    expect(refusal(() => ioUrings.updateFiles(task, ring, 0, [99]))).toBe('EBADF');
    expect(slots()).toEqual([false, true, false]);
    expect(refusal(() => ioUrings.updateFiles(task, ring, 2, [fd, fd]))).toBe('EINVAL');
    expect(refusal(() => ioUrings.updateFiles(task, ring, 0, []))).toBe('EINVAL');
    expect(refusal(() => ioUrings.registerSparse(task, ring, 3))).toBe('EBUSY');
  });

  test('a socket that a ring holds is not closed, and not collected', () => {
    const { kernel, task, ring } = start();
    const [left, right] = task.socketpair();
    kernel.ioUrings.registerFiles(task, ring, [right]);
    task.sendmsg(left, [right]);
    task.close(right);
    const [spare, other] = task.socketpair();
    task.close(spare);
    task.close(other);
    expect(kernel.sockets.size).toBe(2);
    task.close(ring);
    task.close(left);
    expect(kernel.sockets.size).toBe(0);
  });
});

test('a sparse table of no slots is EINVAL, also where a table is', () => {
  const { kernel, task, ring } = start();
  kernel.ioUrings.registerSparse(task, ring, 1);
  expect(refusal(() => kernel.ioUrings.registerSparse(task, ring, 0))).toBe('EINVAL');
  expect(refusal(() => kernel.ioUrings.registerSparse(task, ring, 1))).toBe('EBUSY');
});

test('what is in the way of a ring that cannot be moved there is gone', () => {
  const { task, ring, fd } = start();
  const from = task.mmap({ fd: ring, length: 2 * PAGE });
  const to = task.mmap({ fd, length: PAGE, address: 0x10_0000, fixed: true });
  expect(refusal(() => task.mremap(from, 2 * PAGE, PAGE, 3, to))).toBe('EINVAL');
  expect(task.mm.vmas.map(({ start, end }) => [start, end])).toEqual([[from, from + PAGE]]);
});

describe('a ring', () => {
  test('is mapped by its regions, where the kernel likes, and its mappings neither merge nor grow', () => {
    const { task, ring } = start();
    const first = task.mmap({ fd: ring, length: PAGE, offset: 0x1000_0000 });
    const second = task.mmap({ fd: ring, length: PAGE, offset: 0x800_0000 });
    expect(second).toBe(first - PAGE);
    expect(task.mm.vmas).toHaveLength(2);
    expect(refusal(() => task.mmap({ fd: ring, length: PAGE, offset: 0x2000_0000 }))).toBe('ENOMEM');
    expect(refusal(() => task.mmap({ fd: ring, length: PAGE, address: 0x10_0000 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd: ring, length: PAGE, prot: PROT.EXEC }))).toBe('EPERM');
    expect(refusal(() => task.mremap(first, PAGE, 2 * PAGE, 1))).toBe('EFAULT');
    expect(refusal(() => task.mprotect(first, PAGE, PROT.EXEC))).toBe('EACCES');
  });

  test('cannot be passed over a socket', () => {
    const { task, ring, fd, file } = start();
    const [left] = task.socketpair();
    expect(refusal(() => task.sendmsg(left, [fd, ring]))).toBe('EINVAL');
    expect(file.refs).toBe(1);
  });
});
