import { describe, expect, test } from 'vitest';
import { File } from '../../lib/model/file.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { openBuffer, refusal } from './world.ts';

function start(): { kernel: Kernel; task: Task; listener: number; client: number } {
  const kernel = new Kernel();
  const task = kernel.spawn();
  const [listener, client] = [task.socket(), task.socket()];
  task.bind(listener, 'camera');
  task.listen(listener, 1);
  return { kernel, task, listener, client };
}

function inFlight(task: Task, fd: number): number {
  const file = task.file(fd);
  return file instanceof Socket ? file.inFlight : NaN;
}

describe('what is sent before anyone accepts', () => {
  test('is in flight, and counted by the listening socket', () => {
    const { kernel, task, listener, client } = start();
    const fd = task.install(openBuffer(kernel));
    task.connect(client, 'camera');
    task.sendmsg(client, [fd]);
    task.close(fd);
    expect([inFlight(task, listener), kernel.snapshot().inFlight.length]).toEqual([1, 1]);
    const accepted = task.accept(listener, { cloexec: true });
    expect([inFlight(task, listener), inFlight(task, accepted)]).toEqual([0, 1]);
    expect([task.files.cloexec(accepted), task.recvmsg(accepted).fds]).toEqual([true, [3]]);
    expect(kernel.buffers.size).toBe(1);
  });

  test('is dropped with the listening socket, and the client is reset', () => {
    const { kernel, task, listener, client } = start();
    const fd = task.install(openBuffer(kernel));
    task.connect(client, 'camera');
    task.sendmsg(client, [fd]);
    task.close(fd);
    task.close(listener);
    expect(kernel.buffers.size).toBe(0);
    expect(refusal(() => task.sendmsg(client, []))).toBe('EPIPE');
    expect(refusal(() => task.recvmsg(client))).toBe('ECONNRESET');
    expect(task.recvmsg(client).end).toBe(true);
  });

  test('is collected if it is the listening socket itself', () => {
    const { kernel, task, listener, client } = start();
    const fd = task.install(openBuffer(kernel));
    task.connect(client, 'camera');
    task.sendmsg(client, [listener, fd]);
    task.close(fd);
    task.close(listener);
    expect(kernel.buffers.size).toBe(1);
    const [spare] = task.socketpair();
    task.close(spare);
    expect([kernel.buffers.size, kernel.messages.size, kernel.socketsInFlight]).toEqual([0, 0, 0]);
    expect(refusal(() => task.recvmsg(client))).toBe('ECONNRESET');
  });

  test('keeps a listening socket that somebody else can still accept from', () => {
    const { kernel, task, listener, client } = start();
    task.connect(client, 'camera');
    const child = task.fork();
    task.sendmsg(client, [listener]);
    task.close(listener);
    const [spare] = task.socketpair();
    task.close(spare);
    expect(kernel.socketsInFlight).toBe(1);
    expect(child.recvmsg(child.accept(listener)).fds).toHaveLength(1);
  });
});

describe('errors', () => {
  test('of bind and listen', () => {
    const { task, listener, client } = start();
    expect(refusal(() => task.bind(listener, 'other'))).toBe('EINVAL');
    expect(refusal(() => task.bind(client, 'camera'))).toBe('EADDRINUSE');
    expect(refusal(() => task.listen(client))).toBe('EINVAL');
    const [left] = task.socketpair();
    task.bind(left, 'left');
    expect(refusal(() => task.listen(left))).toBe('EINVAL');
    expect(refusal(() => task.bind(99, 'x'))).toBe('EBADF');
    task.close(listener);
    task.bind(client, 'camera');
  });

  test('of connect: nobody there, too many there, or connected already', () => {
    const { task, listener, client } = start();
    expect(refusal(() => task.connect(client, 'nobody'))).toBe('ECONNREFUSED');
    expect(refusal(() => task.connect(listener, 'camera'))).toBe('EINVAL');
    task.connect(client, 'camera');
    expect(refusal(() => task.connect(client, 'camera'))).toBe('EISCONN');
    task.connect(task.socket(), 'camera');
    const third = task.socket();
    expect(refusal(() => task.connect(third, 'camera'))).toBe('EAGAIN');
    task.accept(listener);
    task.connect(third, 'camera');
    const bound = task.socket();
    task.bind(bound, 'silent');
    expect(refusal(() => task.connect(task.socket(), 'silent'))).toBe('ECONNREFUSED');
  });

  test('of accept, and of messages on what is not connected', () => {
    const { task, listener, client } = start();
    expect(refusal(() => task.accept(client))).toBe('EINVAL');
    expect(refusal(() => task.accept(listener))).toBe('EAGAIN');
    expect(refusal(() => task.sendmsg(client, []))).toBe('ENOTCONN');
    expect(refusal(() => task.sendmsg(client, [99]))).toBe('EBADF');
    expect(refusal(() => task.recvmsg(listener))).toBe('EINVAL');
    task.connect(client, 'camera');
    task.group.nofile = 2;
    expect(refusal(() => task.accept(listener))).toBe('EMFILE');
    task.files.installAt(task, 1, new File());
    expect(refusal(() => task.accept(1))).toBe('EMFILE');
    expect(refusal(() => task.accept(99))).toBe('EBADF');
    expect(refusal(() => task.socket())).toBe('EMFILE');
    expect(() => task.accept(listener, { cloExec: true } as object)).toThrow(TypeError);
  });
});

describe('ETOOMANYREFS', () => {
  function sender(uid: number): { task: Task; left: number; right: number; fd: number } {
    const kernel = new Kernel();
    const task = kernel.spawn({ credentials: { uid } });
    const [left, right] = task.socketpair();
    const fd = task.install(openBuffer(kernel));
    task.setrlimit(10);
    return { task, left, right, fd };
  }

  test('is for who has more descriptors in flight than he may have open, looked at before these', () => {
    const { task, left, right, fd } = sender(1000);
    task.sendmsg(left, new Array<number>(10).fill(fd));
    task.sendmsg(left, new Array<number>(100).fill(fd));
    expect(refusal(() => task.sendmsg(left, [fd]))).toBe('ETOOMANYREFS');
    expect(task.file(fd).refs).toBe(111);
    task.sendmsg(left, []);
    expect(refusal(() => task.sendmsg(left, [99]))).toBe('EBADF');
    task.recvmsg(right, { controlLength: 0 });
    task.recvmsg(right, { controlLength: 0 });
    expect(task.kernel.inFlight.of(1000)).toBe(0);
    task.sendmsg(left, [fd]);
  });

  test('counts by user: other processes of his add, other users and root do not', () => {
    const { task, left, fd } = sender(1000);
    task.fork().sendmsg(left, new Array<number>(11).fill(fd));
    expect(refusal(() => task.sendmsg(left, [fd]))).toBe('ETOOMANYREFS');
    const child = task.fork();
    child.credentials = { ...child.credentials, uid: { real: 2, effective: 2, saved: 2, fs: 2 } };
    child.sendmsg(left, [fd]);
    const root = sender(0);
    for (let sent = 0; sent < 3; sent++) root.task.sendmsg(root.left, new Array<number>(100).fill(root.fd));
    expect(root.task.kernel.inFlight.of(0)).toBe(300);
  });
});
