import { expect, test } from 'vitest';
import { Epoll } from '../../lib/drivers/epoll.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { O } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

function start(): { kernel: Machine; task: Task; epfd: number; fd: number; watched: () => readonly number[] } {
  const kernel = new Machine();
  const task = kernel.spawn();
  const epfd = kernel.epolls.create(task, O.CLOEXEC);
  const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
  const epoll = task.file(epfd);
  return { kernel, task, epfd, fd, watched: () => (epoll instanceof Epoll ? epoll.watched : []) };
}

test('an epoll file does not hold what it watches', () => {
  const { kernel, task, epfd, fd, watched } = start();
  kernel.epolls.add(task, epfd, fd);
  expect([task.file(fd).refs, watched()]).toEqual([1, [fd]]);
  expect([...(task.file(epfd).operations.holds?.(task.file(epfd)) ?? [])]).toEqual([]);
  task.close(fd);
  expect([kernel.buffers.size, watched()]).toEqual([0, []]);
});

test('a watch ends with the file, not with the fd it was made by', () => {
  const { kernel, task, epfd, fd, watched } = start();
  const copy = task.dup(fd);
  kernel.epolls.add(task, epfd, fd);
  task.close(fd);
  expect(watched()).toEqual([fd]);
  expect(refusal(() => kernel.epolls.delete(task, epfd, copy))).toBe('ENOENT');
  kernel.epolls.add(task, epfd, copy);
  expect(watched()).toEqual([fd, copy]);
  task.close(copy);
  expect(watched()).toEqual([]);
});

test('closing the epoll file leaves the others alone', () => {
  const { kernel, task, epfd, fd } = start();
  kernel.epolls.add(task, epfd, fd);
  task.close(epfd);
  task.close(fd);
  expect(kernel.buffers.size).toBe(0);
});

test('refuses as Linux does', () => {
  const { kernel, task, epfd, fd } = start();
  const { epolls } = kernel;
  const memfd = kernel.memfdCreate(task, 'm');
  expect(refusal(() => epolls.add(task, 99, fd))).toBe('EBADF');
  expect(refusal(() => epolls.add(task, epfd, 99))).toBe('EBADF');
  expect(refusal(() => epolls.add(task, epfd, memfd))).toBe('EPERM');
  expect(refusal(() => epolls.add(task, memfd, fd))).toBe('EINVAL');
  expect(refusal(() => epolls.add(task, epfd, epfd))).toBe('EINVAL');
  expect(refusal(() => epolls.modify(task, epfd, fd))).toBe('ENOENT');
  epolls.add(task, epfd, fd);
  epolls.modify(task, epfd, fd);
  expect(refusal(() => epolls.add(task, epfd, fd))).toBe('EEXIST');
  epolls.delete(task, epfd, fd);
  expect(refusal(() => epolls.delete(task, epfd, fd))).toBe('ENOENT');
  expect(refusal(() => epolls.create(task, 1))).toBe('EINVAL');
});

test('epoll files watch each other, in no ring and not too deep', () => {
  const { kernel, task } = start();
  const fds = Array.from({ length: 6 }, () => kernel.epolls.create(task));
  kernel.epolls.add(task, fds[0]!, fds[1]!);
  expect(refusal(() => kernel.epolls.add(task, fds[1]!, fds[0]!))).toBe('ELOOP');
  for (let at = 1; at < 4; at++) kernel.epolls.add(task, fds[at]!, fds[at + 1]!);
  expect(refusal(() => kernel.epolls.add(task, fds[4]!, fds[5]!))).toBe('ELOOP');
  task.close(fds[0]!);
  kernel.epolls.add(task, fds[4]!, fds[5]!);
});
