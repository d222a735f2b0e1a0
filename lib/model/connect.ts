import { MemtrackError } from '../core/errors.ts';
import { allocate, installNew } from './descriptors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { INSTALL_OPTIONS } from './fd-table.ts';
import type { InstallOptions } from './fd-table.ts';
import { Socket } from './socket.ts';
import type { Task } from './task.ts';

/** kernel.core_somaxconn: what listen(2) takes for a larger backlog, or for a negative one. */
const SOMAXCONN = 4096;

/** The socket at an fd. EBADF, ENOTSOCK. */
export function socketAt(task: Task, fd: number, syscall: string): Socket {
  const file = task.file(fd);
  if (!(file instanceof Socket)) throw new MemtrackError('ENOTSOCK', syscall, String(fd));
  return file;
}

export function socket(task: Task, options?: InstallOptions): number {
  return installNew(task, new Socket(task.kernel), options);
}

/** unix_bind_abstract. */
export function bind(task: Task, fd: number, name: string): void {
  const bound = socketAt(task, fd, 'bind');
  const names = task.kernel.socketNames;
  if (bound.address !== null) throw new MemtrackError('EINVAL', 'bind', 'it has a name');
  if (names.has(name)) throw new MemtrackError('EADDRINUSE', 'bind', name);
  bound.address = name;
  names.set(name, bound);
}

/** unix_listen. */
export function listen(task: Task, fd: number, backlog: number): void {
  const listener = socketAt(task, fd, 'listen');
  if (listener.address === null || listener.state === 'connected') throw new MemtrackError('EINVAL', 'listen');
  listener.state = 'listening';
  listener.backlog = backlog >= 0 ? Math.min(backlog, SOMAXCONN) : SOMAXCONN;
}

/** unix_stream_connect, without waiting: the other end is there at once and can be sent to before it is accepted. */
export function connect(task: Task, fd: number, name: string): void {
  const client = socketAt(task, fd, 'connect');
  const listener = task.kernel.socketNames.get(name);
  if (listener?.state !== 'listening') throw new MemtrackError('ECONNREFUSED', 'connect', name);
  if (listener.embryos.length > listener.backlog) throw new MemtrackError('EAGAIN', 'connect');
  if (client.state !== 'unconnected')
    throw new MemtrackError(client.state === 'connected' ? 'EISCONN' : 'EINVAL', 'connect');
  const embryo = new Socket(task.kernel);
  embryo.address = listener.address;
  embryo.join(client);
  listener.embryos.push(embryo);
}

/** accept4(2), without waiting: a number is taken before anything is looked for. */
export function accept(task: Task, fd: number, options?: InstallOptions): number {
  if (options !== undefined) refuseUnknownOptions(options, INSTALL_OPTIONS, 'accept');
  task.file(fd);
  const files = task.files;
  const to = allocate(task, files, 0, 'accept');
  const listener = socketAt(task, fd, 'accept');
  if (listener.state !== 'listening') throw new MemtrackError('EINVAL', 'accept');
  const accepted = listener.accept();
  if (accepted === null) throw new MemtrackError('EAGAIN', 'accept');
  files.publish(task, to, accepted, options?.cloexec ?? false);
  return to;
}
