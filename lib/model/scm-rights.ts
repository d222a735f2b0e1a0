import { MemtrackError } from '../core/errors.ts';
import { socketAt } from './connect.ts';
import { allocate } from './descriptors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { INSTALL_OPTIONS } from './fd-table.ts';
import type { InstallOptions } from './fd-table.ts';
import type { File } from './file.ts';
import { SCM_MAX_FD } from './flags.ts';
import type { Message } from './message.ts';
import { Socket } from './socket.ts';
import type { Task } from './task.ts';

/** CMSG_LEN(0): the header in front of the fds. */
const CMSG_HEADER = 16;

const RECEIVE_OPTIONS = ['controlLength', 'cloexec', 'peek'];

export interface ReceiveOptions {
  /** Bytes of the control buffer (msg_controllen); it bounds how many fds fit. Default: room for all. */
  readonly controlLength?: number;
  /** MSG_CMSG_CLOEXEC. */
  readonly cloexec?: boolean;
  /** MSG_PEEK: the message stays; its files get one more fd each. */
  readonly peek?: boolean;
}

export interface Received {
  readonly fds: readonly number[];
  /** MSG_CTRUNC: some did not fit, or there was no free fd; they are closed. */
  readonly truncated: boolean;
  /** The other end is closed and nothing is left to read: recvmsg returned 0. */
  readonly end: boolean;
}

export function socketpair(task: Task, options: InstallOptions = {}): [number, number] {
  refuseUnknownOptions(options, INSTALL_OPTIONS, 'socketpair');
  const files = task.files;
  const first = allocate(task, files, 0, 'socketpair');
  const second = allocate(task, files, first + 1, 'socketpair');
  const [left, right] = Socket.pair(task.kernel);
  files.publish(task, first, left, options.cloexec ?? false);
  files.publish(task, second, right, options.cloexec ?? false);
  return [first, second];
}

/** scm_fp_copy, then unix_stream_sendmsg: each file gets one more reference, the queue's. */
export function sendmsg(task: Task, socketFd: number, fds: readonly number[]): Message {
  const socket = socketAt(task, socketFd, 'sendmsg');
  if (fds.length > SCM_MAX_FD) throw new MemtrackError('EINVAL', 'sendmsg', `${fds.length} fds`);
  const files = fds.map((fd) => passed(task, fd));
  if (socket.state !== 'connected') throw new MemtrackError('ENOTCONN', 'sendmsg');
  if (socket.peer === null) throw new MemtrackError('EPIPE', 'sendmsg');
  if (files.length > 0) task.kernel.inFlight.check(task);
  for (const file of files) file.get();
  const message = task.kernel.hold(task, files);
  socket.peer.queue.push(message);
  return message;
}

/** unix_dgram_sendmsg to a socket that is named by its address. */
export function sendTo(task: Task, socketFd: number, to: Socket, fds: readonly number[]): Message {
  const socket = socketAt(task, socketFd, 'sendmsg');
  if (fds.length > SCM_MAX_FD) throw new MemtrackError('EINVAL', 'sendmsg', `${fds.length} fds`);
  const files = fds.map((fd) => passed(task, fd));
  if (socket.type !== to.type) throw new MemtrackError('EPROTOTYPE', 'sendmsg');
  if (to.refs === 0) throw new MemtrackError('ECONNREFUSED', 'sendmsg');
  if (files.length > 0) task.kernel.inFlight.check(task);
  for (const file of files) file.get();
  const message = task.kernel.hold(task, files);
  to.queue.push(message);
  return message;
}

/** scm_detach_fds: the lowest free fds in order; what finds no room is closed. */
export function recvmsg(task: Task, socketFd: number, options: ReceiveOptions = {}): Received {
  refuseUnknownOptions(options, RECEIVE_OPTIONS, 'recvmsg');
  const socket = socketAt(task, socketFd, 'recvmsg');
  if (socket.type === 'stream' && socket.state !== 'connected')
    throw new MemtrackError('EINVAL', 'recvmsg', 'not connected');
  const table = task.files;
  const peek = options.peek ?? false;
  const message = peek ? peeked(socket.queue) : socket.queue[0];
  if (message === undefined) return receiveNothing(socket);
  if (!peek) socket.queue.shift();
  const count = message.files.length;
  const room = Math.floor(((options.controlLength ?? Infinity) - CMSG_HEADER) / 4);
  const fds: number[] = [];
  while (fds.length < count && fds.length < room) {
    const fd = table.lowestFree();
    if (fd >= task.group.nofile) break;
    table.publish(
      task,
      fd,
      (peek ? message.files[fds.length]?.get() : message.take(fds.length))!,
      options.cloexec ?? false,
    );
    fds.push(fd);
  }
  if (!peek) message.drop();
  return { fds, truncated: fds.length < count, end: false };
}

/** unix_stream_read_generic peeks on, past what it has read, until it meets a message with fds. */
function peeked(queue: readonly Message[]): Message | undefined {
  return queue.find((message) => message.files.length > 0) ?? queue[0];
}

/** unix_stream_read_generic with an empty queue: the error first, then the end. */
function receiveNothing(socket: Socket): Received {
  if (socket.type === 'datagram') throw new MemtrackError('EAGAIN', 'recvmsg');
  if (socket.reset) {
    socket.reset = false;
    throw new MemtrackError('ECONNRESET', 'recvmsg');
  }
  if (socket.peer !== null) throw new MemtrackError('EAGAIN', 'recvmsg');
  return { fds: [], truncated: false, end: true };
}

/** What scm_fp_copy takes of an fd. */
function passed(task: Task, fd: number): File {
  const file = task.file(fd);
  if (file.operations.unsendable === true) throw new MemtrackError('EINVAL', 'sendmsg', `${fd} cannot be passed`);
  return file;
}
