import { expect, test } from 'vitest';
import { PosixShm } from '../../lib/drivers/posix-shm.ts';
import { O } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

function start(): { kernel: Kernel; shm: PosixShm; task: Task } {
  const kernel = new Kernel();
  return { kernel, shm: new PosixShm(kernel), task: kernel.spawn() };
}

test('every open of a name is another file of one buffer', () => {
  const { shm, task } = start();
  const fds = [shm.open(task, '/seg'), shm.open(task, 'seg', O.RDONLY)] as const;
  const [first, second] = fds.map((fd) => task.file(fd));
  expect(first).not.toBe(second);
  expect(first!.buffer).toBe(second!.buffer);
  expect(first!.buffer).toMatchObject({ refs: 2, named: true, kind: 'posix-shm', files: [{ dev: '0:27', inode: 2 }] });
  expect([first!.link, task.files.cloexec(fds[0]), second!.writable]).toEqual(['/dev/shm/seg', true, false]);
  task.ftruncate(fds[0], 4096);
  shm.open(task, 'seg', O.RDWR | O.TRUNC);
  expect(first!.buffer!.size).toBe(0);
});

test('a linked buffer lives without any process, until it is unlinked', () => {
  const { kernel, shm, task } = start();
  const fd = shm.open(task, 'seg');
  const { buffer } = task.file(fd);
  task.exitGroup();
  expect([kernel.snapshot().buffers.kept, buffer!.refs]).toEqual([['named'], 0]);
  shm.unlink('/seg');
  expect([kernel.buffers.size, buffer!.alive, shm.names]).toEqual([0, false, []]);
});

test('an unlinked buffer lives with its last holder; the name is free for another', () => {
  const { kernel, shm, task } = start();
  const fd = shm.open(task, 'seg');
  shm.unlink('seg');
  expect(task.file(fd).link).toBe('/dev/shm/seg (deleted)');
  const other = shm.open(task, 'seg');
  expect(task.file(other).buffer).not.toBe(task.file(fd).buffer);
  expect(task.file(other).link).toBe('/dev/shm/seg');
  task.close(fd);
  expect([...kernel.buffers.keys()]).toEqual([2]);
  expect(kernel.snapshot().buffers.files).toEqual([[{ dev: '0:27', inode: 3 }]]);
});

test('refuses as shm_open and shm_unlink do', () => {
  const { kernel, shm, task } = start();
  expect(refusal(() => shm.open(task, 'seg', O.RDWR))).toBe('ENOENT');
  expect(refusal(() => shm.unlink('seg'))).toBe('ENOENT');
  for (const name of ['', '/', 'a/b', '..']) expect(refusal(() => shm.open(task, name))).toBe('EINVAL');
  expect(refusal(() => shm.open(task, 'x'.repeat(256)))).toBe('ENAMETOOLONG');
  const fd = shm.open(task, 'seg');
  expect(refusal(() => shm.open(task, 'seg', O.RDWR | O.CREAT | O.EXCL))).toBe('EEXIST');
  const file = task.file(fd);
  expect(refusal(() => file.operations.addSeals!(file, 2))).toBe('EPERM');
  task.group.nofile = 1;
  expect(refusal(() => shm.open(task, 'other'))).toBe('EMFILE');
  expect(kernel.buffers.size).toBe(1);
});
