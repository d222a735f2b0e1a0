import { describe, expect, test } from 'vitest';
import { Memfds, MFD } from '../../lib/drivers/memfd.ts';
import { SEAL } from '../../lib/drivers/shmem.ts';
import { File } from '../../lib/model/file.ts';
import { O, PROT } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

function start(flags: number = MFD.ALLOW_SEALING): { task: Task; memfds: Memfds; fd: number; file: File } {
  const kernel = new Kernel();
  const memfds = new Memfds(kernel);
  const task = kernel.spawn();
  const fd = memfds.create(task, 'cam', flags);
  return { task, memfds, fd, file: task.file(fd) };
}

function seal(file: File, seals: number): void {
  file.operations.addSeals!(file, seals);
}

describe('memfd_create', () => {
  test("makes an empty file in the kernel's tmpfs", () => {
    const { task, memfds, file } = start(MFD.CLOEXEC);
    expect(file.link).toBe('/memfd:cam (deleted)');
    expect(file.buffer).toMatchObject({ size: 0, kind: 'memfd', name: 'cam', files: [{ dev: '0:1', inode: 1 }] });
    expect(task.files.cloexec(0)).toBe(true);
    expect(task.file(memfds.create(task, 'cam')).buffer!.files).toEqual([{ dev: '0:1', inode: 2 }]);
  });

  test('refuses unknown and contrary flags and names over 249 bytes', () => {
    const { task, memfds } = start();
    expect(refusal(() => memfds.create(task, 'x', 64))).toBe('EINVAL');
    expect(refusal(() => memfds.create(task, 'x', MFD.EXEC | MFD.NOEXEC_SEAL))).toBe('EINVAL');
    expect(refusal(() => memfds.create(task, 'x'.repeat(250)))).toBe('EINVAL');
    task.group.nofile = 1;
    expect(refusal(() => memfds.create(task, 'x'))).toBe('EMFILE');
    expect(task.kernel.buffers.size).toBe(1);
  });

  test('its mappings are page cache and join', () => {
    const { task, fd } = start();
    task.ftruncate(fd, 16384);
    const at = task.mmap({ fd, length: 16384 });
    task.mprotect(at + 4096, 4096, PROT.READ);
    expect(task.mm.vmas).toHaveLength(3);
    task.mprotect(at + 4096, 4096, PROT.READ | PROT.WRITE);
    expect(task.mm.vmas).toHaveLength(1);
  });
});

describe('ftruncate', () => {
  test('changes the size, for every holder', () => {
    const { task, fd, file } = start();
    task.ftruncate(fd, 100_000);
    expect(file.buffer!.size).toBe(100_000);
    task.fork().ftruncate(fd, 50);
    expect(file.buffer!.size).toBe(50);
    expect(refusal(() => task.ftruncate(fd, -1))).toBe('EINVAL');
    expect(refusal(() => task.ftruncate(77, 1))).toBe('EBADF');
    const readOnly = task.install(new File({ buffer: file.buffer, operations: file.operations, flags: O.RDONLY }));
    expect(refusal(() => task.ftruncate(readOnly, 1))).toBe('EINVAL');
  });

  test('obeys F_SEAL_SHRINK and F_SEAL_GROW', () => {
    const { task, fd, file } = start();
    task.ftruncate(fd, 8192);
    seal(file, SEAL.SHRINK);
    expect(refusal(() => task.ftruncate(fd, 4096))).toBe('EPERM');
    task.ftruncate(fd, 9000);
    seal(file, SEAL.GROW);
    expect(refusal(() => task.ftruncate(fd, 9001))).toBe('EPERM');
    expect(file.buffer!.size).toBe(9000);
  });
});

describe('seals', () => {
  test('need MFD_ALLOW_SEALING, and end with F_SEAL_SEAL', () => {
    const { file } = start(0);
    expect(refusal(() => seal(file, SEAL.SHRINK))).toBe('EPERM');
    const open = start().file;
    expect(refusal(() => seal(open, 64))).toBe('EINVAL');
    seal(open, SEAL.SEAL | SEAL.GROW);
    expect(refusal(() => seal(open, SEAL.SHRINK))).toBe('EPERM');
    expect(open.operations.getSeals!(open)).toBe(SEAL.SEAL | SEAL.GROW);
  });

  test('F_SEAL_WRITE is EBUSY while someone could write through a mapping, and then forbids it', () => {
    const { task, fd, file } = start();
    task.ftruncate(fd, 4096);
    const at = task.mmap({ fd, length: 4096, prot: PROT.READ });
    const child = task.fork();
    expect(refusal(() => seal(file, SEAL.WRITE))).toBe('EBUSY');
    task.munmap(at, 4096);
    expect(refusal(() => seal(file, SEAL.WRITE))).toBe('EBUSY');
    child.exitGroup();
    task.mmap({ fd, length: 4096, shared: false });
    seal(file, SEAL.WRITE);
    expect(refusal(() => task.mmap({ fd, length: 4096 }))).toBe('EPERM');
    task.mmap({ fd, length: 4096, shared: false });
    task.mmap({ fd, length: 4096, prot: PROT.READ });
  });

  test('what is mapped after F_SEAL_FUTURE_WRITE can never be written, and does not keep F_SEAL_WRITE off', () => {
    const { task, fd } = start();
    const at = task.mmap({ fd, length: 4096 });
    task.addSeals(fd, SEAL.FUTURE_WRITE);
    const later = task.mmap({ fd, length: 4096, prot: PROT.READ });
    expect(refusal(() => task.mprotect(later, 4096, PROT.WRITE))).toBe('EACCES');
    task.mprotect(at, 4096, PROT.READ);
    expect(refusal(() => task.addSeals(fd, SEAL.WRITE))).toBe('EBUSY');
    task.munmap(at, 4096);
    task.addSeals(fd, SEAL.WRITE);
    expect(task.mm.vmas).toHaveLength(1);
  });

  test('F_SEAL_EXEC is refused as F_SEAL_WRITE is, which it implies for an executable file', () => {
    const { task, fd } = start();
    task.mmap({ fd, length: 4096 });
    expect(refusal(() => task.addSeals(fd, SEAL.EXEC))).toBe('EBUSY');
    const [socket] = task.socketpair();
    expect(refusal(() => task.addSeals(socket, 0))).toBe('EINVAL');
    expect(refusal(() => task.addSeals(99, 0))).toBe('EBADF');
  });

  test('of an executable file with F_SEAL_EXEC seal it against writing too', () => {
    const { file } = start();
    seal(file, SEAL.EXEC);
    expect(file.operations.getSeals!(file)).toBe(63 - SEAL.SEAL);
    const noexec = start(MFD.NOEXEC_SEAL).file;
    expect(noexec.operations.getSeals!(noexec)).toBe(SEAL.EXEC);
  });

  test('cannot be added through a file that is not open for writing', () => {
    const { file } = start();
    const readOnly = new File({ buffer: file.buffer, operations: file.operations, flags: O.RDONLY });
    expect(refusal(() => seal(readOnly, SEAL.GROW))).toBe('EPERM');
  });
});
