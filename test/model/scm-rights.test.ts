import { describe, expect, test } from 'vitest';
import { File } from '../../lib/model/file.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { openBuffer, refusal } from './world.ts';

function start(): { kernel: Kernel; task: Task; left: number; right: number } {
  const kernel = new Kernel();
  const task = kernel.spawn();
  const [left, right] = task.socketpair();
  return { kernel, task, left, right };
}

describe('sending', () => {
  test('takes a reference per fd, so that the sender may close at once', () => {
    const { kernel, task, left } = start();
    const file = openBuffer(kernel);
    const fd = task.install(file);
    kernel.now = 40n;
    task.sendmsg(left, [fd, fd]);
    expect(file.refs).toBe(3);
    task.close(fd);
    expect(file.refs).toBe(2);
    expect(kernel.snapshot().inFlight).toEqual({
      length: 2,
      buffer: [0, 0],
      from: [task.pid, task.pid],
      since: [40n, 40n],
    });
  });

  test('253 fds fit in a message, 254 are EINVAL', () => {
    const { task, left } = start();
    const fd = task.install(new File());
    expect(task.sendmsg(left, new Array<number>(253).fill(fd)).pending).toBe(253);
    expect(refusal(() => task.sendmsg(left, new Array<number>(254).fill(fd)))).toBe('EINVAL');
    expect(task.file(fd).refs).toBe(254);
  });

  test('a bad fd sends nothing', () => {
    const { kernel, task, left, right } = start();
    const fd = task.install(openBuffer(kernel));
    expect(refusal(() => task.sendmsg(left, [fd, 99]))).toBe('EBADF');
    expect(refusal(() => task.sendmsg(fd, [fd]))).toBe('ENOTSOCK');
    expect(refusal(() => task.sendmsg(77, [fd]))).toBe('EBADF');
    expect(task.file(fd).refs).toBe(1);
    expect(refusal(() => task.recvmsg(right))).toBe('EAGAIN');
  });

  test('to a closed end is EPIPE', () => {
    const { task, left, right } = start();
    task.close(right);
    expect(refusal(() => task.sendmsg(left, [left]))).toBe('EPIPE');
    expect(task.file(left).refs).toBe(1);
  });
});

describe('receiving', () => {
  test('after the other end has closed: what is queued, then the end', () => {
    const { task, left, right } = start();
    task.sendmsg(left, []);
    task.close(left);
    expect(task.recvmsg(right).end).toBe(false);
    expect(task.recvmsg(right)).toEqual({ fds: [], truncated: false, end: true });
    expect(task.recvmsg(right).end).toBe(true);
  });

  test('with MSG_PEEK gives one more fd each time and leaves the message', () => {
    const { kernel, task, left, right } = start();
    const file = openBuffer(kernel);
    const fd = task.install(file);
    task.sendmsg(left, [fd, left]);
    expect(task.recvmsg(right, { peek: true, controlLength: 20 })).toEqual({ fds: [3], truncated: true, end: false });
    expect([file.refs, kernel.messages.size, kernel.socketsInFlight]).toEqual([3, 1, 1]);
    expect(task.recvmsg(right).fds).toEqual([4, 5]);
    expect([file.refs, kernel.messages.size, kernel.socketsInFlight]).toEqual([3, 0, 0]);
  });

  test('with MSG_PEEK looks past messages without fds', () => {
    const { task, left, right } = start();
    task.sendmsg(left, []);
    task.sendmsg(left, [left]);
    expect(task.recvmsg(right, { peek: true }).fds).toEqual([2]);
    expect(task.recvmsg(right).fds).toEqual([]);
  });

  test('is ECONNRESET once if the other end was closed with messages unread', () => {
    const { task, left, right } = start();
    task.sendmsg(right, []);
    task.sendmsg(left, []);
    task.close(left);
    expect(refusal(() => task.sendmsg(right, []))).toBe('EPIPE');
    expect(task.recvmsg(right).end).toBe(false);
    expect(refusal(() => task.recvmsg(right))).toBe('ECONNRESET');
    expect(task.recvmsg(right).end).toBe(true);
  });

  test('installs the lowest free fds in order, close-on-exec if asked', () => {
    const { kernel, task, left, right } = start();
    const [first, second] = [openBuffer(kernel), openBuffer(kernel)];
    const fds = [task.install(first), task.install(second)];
    const peer = task.fork();
    task.sendmsg(left, fds);
    peer.close(0);
    expect(peer.recvmsg(right, { cloexec: true })).toEqual({ fds: [0, 4], truncated: false, end: false });
    expect([peer.file(0), peer.file(4)]).toEqual([first, second]);
    expect([peer.files.cloexec(0), peer.files.cloexec(4)]).toEqual([true, true]);
    expect(first.refs).toBe(3);
    expect(kernel.messages.size).toBe(0);
  });

  test.each([
    [16 + 4 * 3, 3],
    [16 + 4 * 3 + 3, 3],
    [32, 4],
    [16, 0],
    [0, 0],
  ])('a control buffer of %i bytes takes %i of 5 fds, the rest is closed', (controlLength, taken) => {
    const { kernel, task, left, right } = start();
    const file = openBuffer(kernel);
    const fd = task.install(file);
    task.sendmsg(left, [fd, fd, fd, fd, fd]);
    const received = task.recvmsg(right, { controlLength });
    expect(received.fds).toHaveLength(taken);
    expect(received.truncated).toBe(true);
    expect(file.refs).toBe(1 + taken);
  });

  test('without free fds the rest is closed', () => {
    const { kernel, task, left, right } = start();
    const file = openBuffer(kernel);
    const fd = task.install(file);
    task.sendmsg(left, [fd, fd, fd]);
    task.group.nofile = 4;
    expect(task.recvmsg(right)).toEqual({ fds: [3], truncated: true, end: false });
    expect(file.refs).toBe(2);
  });
});

describe('closing', () => {
  test('a socket drops what it did not read; what it sent can still be read', () => {
    const { kernel, task, left, right } = start();
    const file = openBuffer(kernel);
    const fd = task.install(file);
    task.sendmsg(left, [fd]);
    task.sendmsg(right, [fd]);
    task.close(fd);
    task.close(left);
    expect(file.refs).toBe(1);
    expect(task.recvmsg(right).fds).toEqual([0]);
    task.exitGroup();
    expect(kernel.buffers.size).toBe(0);
  });

  test('a socket that is only in its own queue is collected when another is released', () => {
    const { kernel, task, left, right } = start();
    const fd = task.install(openBuffer(kernel));
    task.sendmsg(left, [right, fd]);
    task.close(fd);
    task.close(right);
    expect(kernel.buffers.size).toBe(1);
    task.close(left);
    expect(kernel.buffers.size).toBe(0);
    expect([kernel.sockets.size, kernel.messages.size, kernel.socketsInFlight]).toEqual([0, 0, 0]);
  });

  test("two pairs in each other's queues are a cycle; one that can be received is not", () => {
    const { kernel, task, left, right } = start();
    const [up, down] = task.socketpair();
    const fd = task.install(openBuffer(kernel));
    task.sendmsg(left, [up, fd]);
    task.sendmsg(down, [right]);
    task.close(fd);
    task.close(up);
    const [spare, other] = task.socketpair();
    task.close(spare);
    expect(kernel.buffers.size).toBe(1);
    task.close(right);
    expect(kernel.buffers.size).toBe(1);
    task.close(other);
    expect(kernel.buffers.size).toBe(0);
    expect(kernel.messages.size).toBe(0);
  });
});

describe('what a recording shows', () => {
  test('files held in flight are handed over one by one, the rest dropped', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    const [first, second] = [openBuffer(kernel), openBuffer(kernel)];
    const message = kernel.hold(task, [first, second]);
    const taken = message.take(1)!;
    expect([taken, message.take(1), message.take(5), message.pending]).toEqual([second, null, null, 1]);
    task.files.installAt(task, 9, taken);
    message.drop();
    expect([first.refs, second.refs, kernel.messages.size]).toEqual([0, 1, 0]);
  });
});
