/** The model's answer to a step, in the words of perform.c. */
import { MemtrackError } from '../../lib/core/errors.ts';
import { Epoll, type Epolls } from '../../lib/drivers/epoll.ts';
import type { IoUring, IoUrings } from '../../lib/drivers/io-uring.ts';
import type { Memfds } from '../../lib/drivers/memfd.ts';
import { IPC, type SysvShm } from '../../lib/drivers/sysv-shm.ts';
import { File } from '../../lib/model/file.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { O } from '../../lib/model/flags.ts';
import type { Names } from './model-side.ts';
import type { Step } from './step.ts';

/** Where a step has more to say than a number it makes, or 0. */
export type PlainStep = Exclude<Step, { op: 'clone' | 'exec' }>;

export interface Room extends Names {
  readonly memfds: Memfds;
  readonly rings: IoUrings;
  readonly ringNames: Map<IoUring, number>;
  readonly epolls: Epolls;
  readonly shm: SysvShm;
  readonly segments: number[];
  readonly tasks: ReadonlyMap<number, Task>;
}

export function makeCall(task: Task, step: PlainStep, room: Room): string {
  switch (step.op) {
    case 'wait':
      return wait(task, step, room);
    case 'socketpair':
      return socketpair(task, step.name, step.cloexec, room);
    case 'shmget':
      return String(shmget(task, step, room));
    case 'shmctl':
      return shmctl(task, step, room);
    case 'receive': {
      const options = { controlLength: step.control, cloexec: step.cloexec, peek: step.peek };
      const { fds, truncated, end } = task.recvmsg(step.socket, options);
      return [end ? '0' : '1', truncated ? 'truncated' : 'whole', ...fds].join(' ');
    }
    default:
      return String(number(task, step, room) ?? 0);
  }
}

/** Calls that return a number, or nothing. */
function number(
  task: Task,
  step: Exclude<PlainStep, { op: 'wait' | 'socketpair' | 'receive' | 'shmget' | 'shmctl' }>,
  room: Room,
): number | undefined {
  switch (step.op) {
    case 'memfd': {
      const fd = room.memfds.create(task, `b${step.name}`, step.flags);
      if (step.size > 0) task.ftruncate(fd, step.size);
      return fd;
    }
    case 'dup':
      return task.dup(step.fd);
    case 'dup2':
      return task.dup2(step.fd, step.to);
    case 'dup3':
      return task.dup3(step.fd, step.to, step.flags);
    case 'dupfd':
      return task.dupfd(step.fd, step.from, step.cloexec);
    case 'close':
      return void task.close(step.fd);
    case 'setfd':
      return void task.setCloexec(step.fd, step.cloexec);
    case 'closeRange':
      return void task.closeRange(step.first, step.last, step.flags);
    case 'reopen':
      return reopen(task, step.fd, step.flags);
    case 'unshare':
      return void task.unshareFiles();
    case 'exit':
      return void task.exit(step.status);
    case 'exitGroup':
      return void task.exitGroup(step.status);
    case 'kill':
      return void task.kill(step.signal);
    case 'send':
      task.sendmsg(step.socket, step.fds);
      return 1;
    case 'mmap': {
      const { address, length, prot, shared, place, fd, offset } = step;
      const fixed = place === 'fixed';
      return task.mmap({ address, length, prot, shared, fd, offset, fixed, noReplace: place === 'noReplace' });
    }
    case 'munmap':
      return void task.munmap(step.address, step.length);
    case 'mprotect':
      return void task.mprotect(step.address, step.length, step.prot);
    case 'mremap':
      return task.mremap(step.address, step.oldLength, step.newLength, step.flags, step.newAddress);
    case 'madvise':
      return void task.madvise(step.address, step.length, step.advice);
    case 'ftruncate':
      return void task.ftruncate(step.fd, step.size);
    case 'seal':
      return void task.addSeals(step.fd, step.seals);
    case 'limit':
      return void task.setrlimit(step.nofile);
    case 'name':
      return void task.setName(`a-long-enough-${step.name}`);
    case 'subreaper':
      return void task.setChildSubreaper(step.on);
    case 'socket':
      return named(task, task.socket({ cloexec: step.cloexec }), step.name, room);
    case 'bind':
      return void task.bind(step.fd, String(step.name));
    case 'listen':
      return void task.listen(step.fd, step.backlog);
    case 'connect':
      return void task.connect(step.fd, String(step.name));
    case 'accept':
      return named(task, task.accept(step.fd, { cloexec: step.cloexec }), step.name, room);
    case 'shmat':
      return room.shm.attach(task, segmentOf(step.segment, room), { address: step.address, flags: step.flags });
    case 'shmdt':
      return void room.shm.detach(task, step.address);
    case 'ring':
      return ring(task, step.entries, room);
    case 'ringFiles':
      return ringFiles(task, step, room.rings);
    case 'epoll':
      return room.epolls.create(task, step.flags);
    case 'epollCtl':
      return void room.epolls[step.how](task, step.epoll, step.fd);
    case 'getfd':
      return getfd(task, room.tasks.get(step.target), step.fd);
  }
}

function named(task: Task, fd: number, name: number, room: Room): number {
  const file = task.file(fd);
  if (file instanceof Socket) room.sockets.set(file, `s${name}.0`);
  return fd;
}

function shmget(task: Task, { key, size, flags }: Extract<Step, { op: 'shmget' }>, room: Room): number {
  const id = room.shm.get(task, key, size, flags);
  const known = room.segments.indexOf(id);
  return known >= 0 ? known : room.segments.push(id) - 1;
}

function segmentOf(label: number, room: Room): number {
  return room.segments[label] ?? 0x7fffffff;
}

function shmctl(task: Task, { segment, command }: Extract<Step, { op: 'shmctl' }>, room: Room): string {
  const id = segmentOf(segment, room);
  if (command === IPC.RMID) {
    room.shm.remove(task, id);
    return '0';
  }
  const { mode, attached, creatorPid, lastPid, key } = room.shm.stat(task, id);
  const [made, last] = [creatorPid, lastPid].map((pid) => room.slotOf(pid));
  return `0 ${mode.toString(8)} attached ${attached} made ${made} last ${last} key ${key}`;
}

function ring(task: Task, entries: number, room: Room): number {
  const fd = room.rings.setup(task, entries);
  room.ringNames.set(room.rings.at(task, fd), room.ringNames.size);
  return fd;
}

function ringFiles(task: Task, step: Extract<Step, { op: 'ringFiles' }>, rings: IoUrings): number | undefined {
  const { ring, how, at, fds } = step;
  if (how === 'register') return void rings.registerFiles(task, ring, fds);
  if (how === 'sparse') return void rings.registerSparse(task, ring, at);
  if (how === 'update') return rings.updateFiles(task, ring, at, fds);
  return void rings.unregisterFiles(task, ring);
}

function wait(task: Task, { child, flags }: Extract<Step, { op: 'wait' }>, room: Room): string {
  const target = child === null ? undefined : room.tasks.get(child);
  if (child !== null && target === undefined) throw new MemtrackError('ECHILD', 'wait4');
  // Who it was must be asked before its pid is free.
  const slots = new Map([...room.tasks.values()].map((other) => [other.pid, room.slotOf(other.pid)]));
  const result = task.wait(target?.pid, flags);
  if (result === null) return '0';
  const how = result.killed ? 'killed' : 'exited';
  return `${slots.get(result.pid) ?? -1} ${how} ${result.status ?? -1}`;
}

function socketpair(task: Task, name: number, cloexec: boolean, room: Room): string {
  const fds = task.socketpair({ cloexec });
  for (const [end, fd] of fds.entries()) {
    const file = task.file(fd);
    if (file instanceof Socket) room.sockets.set(file, `s${name}.${end}`);
  }
  return fds.join(' ');
}

/**
 * do_sys_open takes the number first, then looks the name up; a socket, a ring or an epoll file cannot be opened (ENXIO), the
 * last by root alone may be tried (EACCES): all epoll files have one inode, which is root's.
 */
function reopen(task: Task, fd: number, flags: number): number {
  const old = task.files.get(fd);
  const made = old?.buffer == null ? null : old;
  const file = new File({
    buffer: made?.buffer ?? null,
    ...(made === null ? {} : { operations: made.operations }),
    flags,
  });
  try {
    const to = task.install(file, { cloexec: (flags & O.CLOEXEC) !== 0 });
    if (made !== null) return to;
    task.close(to);
    if (old === null) return -2;
    return old instanceof Epoll && task.credentials.uid.fs !== 0 ? -13 : -6;
  } catch (error) {
    file.put();
    throw error;
  }
}

function getfd(task: Task, target: Task | undefined, fd: number): number {
  if (target === undefined) throw new MemtrackError('ESRCH', 'pidfd_open');
  const pidfd = task.install(new File(), { cloexec: true });
  try {
    return task.pidfdGetfd(target.leader, fd === pidfd ? -1 : fd);
  } finally {
    task.close(pidfd);
  }
}
