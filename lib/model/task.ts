import { MemtrackError } from '../core/errors.ts';
import type { AddressSpace } from './address-space.ts';
import { madvise } from './advice.ts';
import { clone } from './clone.ts';
import * as connecting from './connect.ts';
import type { CloneOptions } from './clone.ts';
import * as descriptors from './descriptors.ts';
import type { Credentials } from './credentials.ts';
import { exec } from './exec.ts';
import type { Program } from './exec-credentials.ts';
import { exitGroup, exitThread, wait } from './exit.ts';
import type { WaitResult } from './exit.ts';
import type { FdTable, InstallOptions } from './fd-table.ts';
import type { File } from './file.ts';
import { CLONE } from './flags.ts';
import type { Kernel } from './kernel.ts';
import * as mappings from './mappings.ts';
import type { MapFileOptions, MmapOptions } from './mappings.ts';
import type { Message } from './message.ts';
import { commOf, limitDescriptors } from './process-control.ts';
import { numberIn, unsharePid, unshareUser } from './namespaces.ts';
import type { PidNamespace } from './pid-namespace.ts';
import { mremap } from './remap.ts';
import { touch } from './resident.ts';
import * as scm from './scm-rights.ts';
import type { ReceiveOptions, Received } from './scm-rights.ts';
import * as ids from './set-ids.ts';
import type { Socket } from './socket.ts';
import { ThreadGroup } from './thread-group.ts';

/**
 * A task: a thread, or a process if it leads its group. Its methods are system calls made by it: they choose as the kernel
 * does and throw MemtrackError with the kernel's errno, having changed nothing. ESRCH: it has ended.
 *
 * @example
 * const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
 * const child = task.fork();
 * child.dup2(fd, 7);
 * child.exec('viewer');
 * child.exitGroup(0);
 */
export class Task {
  /** Never reused. */
  readonly key: number;
  readonly kernel: Kernel;
  readonly group: ThreadGroup;
  readonly startTime: bigint;
  /** Changes if it becomes the leader by exec. */
  tid: number;
  comm: string | null;
  /** Who it is; changed by `setuid` and its like, and by exec. */
  credentials: Credentials;
  /** Its pid in each pid namespace that it is in, from the first down; `tid` is the first of them. */
  numbers: readonly number[];
  pidNamespace: PidNamespace;
  /** Where the processes that it makes are born. */
  pidNamespaceForChildren: PidNamespace;
  #files: FdTable | null;
  #mm: AddressSpace | null;

  /** For Kernel.spawn and clone, which say what is shared. `group` null: it leads one of its own. */
  constructor(
    kernel: Kernel,
    key: number,
    tid: number,
    comm: string | null,
    group: ThreadGroup | null,
    parent: Task | null,
    files: FdTable,
    mm: AddressSpace,
  ) {
    this.kernel = kernel;
    this.key = key;
    this.tid = tid;
    this.comm = comm;
    this.credentials = kernel.rootCredentials;
    this.numbers = [tid];
    this.pidNamespace = kernel.pidNamespace;
    this.pidNamespaceForChildren = kernel.pidNamespace;
    this.startTime = kernel.now;
    this.#files = files;
    this.#mm = mm;
    files.addUser(this);
    mm.addUser(this);
    this.group = group ?? new ThreadGroup(this, tid, parent, kernel.now);
    this.group.threads.push(this);
  }

  /** tgid. */
  get pid(): number {
    return this.group.pid;
  }

  get leader(): Task {
    return this.group.leader;
  }

  /** Leader of the parent process; null: init. */
  get parent(): Task | null {
    return this.group.parent?.leader ?? null;
  }

  get alive(): boolean {
    return this.#files !== null;
  }

  /** `zombie`: a leader that ended, while others of its group live or nobody has waited for it. */
  get state(): 'alive' | 'zombie' | 'dead' {
    if (this.alive) return 'alive';
    return this.kernel.task(this.tid) === this ? 'zombie' : 'dead';
  }

  /** Its descriptor table. ESRCH: it has ended. */
  get files(): FdTable {
    this.kernel.accounting.assertOpen();
    if (this.#files === null) throw new MemtrackError('ESRCH', 'files', `task ${this.tid} has ended`);
    return this.#files;
  }

  /** Its address space. ESRCH: it has ended. */
  get mm(): AddressSpace {
    this.kernel.accounting.assertOpen();
    if (this.#mm === null) throw new MemtrackError('ESRCH', 'mm', `task ${this.tid} has ended`);
    return this.#mm;
  }

  /** Uses another table from now on; null: it ends. The core is not told. */
  switchFiles(files: FdTable | null): void {
    const old = this.files;
    files?.addUser(this);
    this.#files = files;
    old.removeUser(this);
  }

  /** Uses another address space from now on; null: it ends. The core is not told. */
  switchMm(mm: AddressSpace | null): void {
    const old = this.mm;
    mm?.addUser(this);
    this.#mm = mm;
    old.removeUser(this);
  }

  /** clone(2). EINVAL: flags that do not go together; EPERM: CLONE_NEWPID without CAP_SYS_ADMIN; EAGAIN: no pid. */
  clone(flags: number, options?: CloneOptions): Task {
    return clone(this, flags, options);
  }
  fork(options?: CloneOptions): Task {
    return clone(this, 0, options);
  }
  /** Shares the address space, copies the table. */
  vfork(options?: CloneOptions): Task {
    return clone(this, CLONE.VM | CLONE.VFORK, options);
  }
  /** execve(2): other threads end, it becomes the leader, its table its own, its mappings gone, close-on-exec fds closed. */
  exec(comm?: string | null, program?: Program): void {
    exec(this, comm, program);
  }
  /** _exit of this thread alone. */
  exit(status: number | null = 0): void {
    exitThread(this, status);
  }
  exitGroup(status: number | null = 0): void {
    exitGroup(this, status, false);
  }
  /** The whole group ends by a signal. */
  kill(signal: number | null): void {
    exitGroup(this, signal, true);
  }
  /** wait4: reaps an ended child; null: none has ended yet. ECHILD: no such child. */
  wait(pid?: number, flags?: number): WaitResult | null {
    return wait(this, pid, flags);
  }
  /** PR_SET_NAME: 15 bytes, up to a NUL; the rest is cut off. */
  setName(name: string): void {
    this.kernel.accounting.assertOpen();
    this.comm = commOf(name);
  }
  /** PR_SET_CHILD_SUBREAPER: orphans among its descendants become its children. Not inherited. */
  setChildSubreaper(on: boolean): void {
    this.group.subreaper = on;
  }
  /** setrlimit(RLIMIT_NOFILE). EINVAL: more than hard; EPERM: hard raised without CAP_SYS_RESOURCE, or beyond nr_open. */
  setrlimit(nofile: number, hard: number = this.group.nofileMax): void {
    limitDescriptors(this, nofile, hard);
  }
  /** unshare(CLONE_FILES). */
  unshareFiles(): void {
    descriptors.unshareFiles(this);
  }

  /** Its pid in a namespace; 0: it is not in it. */
  pidIn(space: PidNamespace): number {
    return numberIn(this, space);
  }
  /** unshare(CLONE_NEWPID): processes that it makes are in a new pid namespace, the first of them its init. EPERM. */
  unsharePid(): void {
    unsharePid(this);
  }
  /** unshare(CLONE_NEWUSER): all capabilities in a new user namespace. EINVAL: it has threads. */
  unshareUser(): void {
    unshareUser(this);
  }

  /** setuid(2). EPERM: not its real or saved uid, and no CAP_SETUID; EINVAL. */
  setuid(uid: number): void {
    ids.setId(this, 'uid', uid);
  }
  setgid(gid: number): void {
    ids.setId(this, 'gid', gid);
  }
  /** setreuid(2); -1 leaves as it is. EPERM, EINVAL. */
  setreuid(real: number, effective: number): void {
    ids.setReal(this, 'uid', real, effective);
  }
  setregid(real: number, effective: number): void {
    ids.setReal(this, 'gid', real, effective);
  }
  /** setresuid(2); -1 leaves as it is. EPERM, EINVAL. */
  setresuid(real: number, effective: number, saved: number): void {
    ids.setAll(this, 'uid', real, effective, saved);
  }
  setresgid(real: number, effective: number, saved: number): void {
    ids.setAll(this, 'gid', real, effective, saved);
  }
  /** setfsuid(2): the fsuid before; what is refused changes nothing. */
  setfsuid(uid: number): number {
    return ids.setFs(this, 'uid', uid);
  }
  setfsgid(gid: number): number {
    return ids.setFs(this, 'gid', gid);
  }
  /** setgroups(2). EPERM, EINVAL. */
  setgroups(groups: readonly number[]): void {
    ids.setGroups(this, groups);
  }
  /** capset(2), bits by number. EPERM. */
  capset(permitted: bigint, effective: bigint = permitted): void {
    ids.setCaps(this, permitted, effective);
  }
  /** PR_SET_KEEPCAPS. */
  setKeepCaps(keepCaps: boolean): void {
    this.credentials = { ...this.credentials, keepCaps };
  }
  /** PR_SET_DUMPABLE: 0 or 1. EINVAL. */
  setDumpable(dumpable: number): void {
    if (dumpable !== 0 && dumpable !== 1) throw new MemtrackError('EINVAL', 'prctl', 'PR_SET_DUMPABLE');
    this.mm.dumpable = dumpable;
  }

  /** The file at an fd. EBADF. */
  file(fd: number): File {
    const file = this.files.get(fd);
    if (file === null) throw new MemtrackError('EBADF', 'fget', String(fd));
    return file;
  }
  /** A new fd, the lowest free, for a file whose reference it takes over. EMFILE: then the reference stays with the caller. */
  install(file: File, options?: InstallOptions): number {
    return descriptors.install(this, file, options);
  }
  /** As `install`, for a file just made: if it finds no fd, its reference is given back, which releases it. EMFILE. */
  installNew(file: File, options?: InstallOptions): number {
    return descriptors.installNew(this, file, options);
  }
  /** get_unused_fd_flags: the lowest free fd is taken, without a file yet: look-ups are EBADF, dup2 onto it EBUSY. EMFILE. */
  reserve(options?: InstallOptions & { readonly from?: number }): number {
    return descriptors.reserve(this, options);
  }
  /** fd_install: the reserved fd gets the file, whose reference it takes over. EBADF: not reserved; EBUSY: it has a file. */
  publish(fd: number, file: File): void {
    descriptors.publish(this, fd, file);
  }
  /** put_unused_fd: gives a reserved fd back. EBADF: not reserved. */
  unreserve(fd: number): void {
    descriptors.unreserve(this, fd);
  }
  /** EBADF. */
  close(fd: number): void {
    if (!this.files.closeAt(this, fd)) throw new MemtrackError('EBADF', 'close', String(fd));
  }
  /** EBADF, EMFILE. */
  dup(fd: number): number {
    return descriptors.dup(this, fd);
  }
  /** EBADF, also for `to` beyond the limit; EBUSY: `to` is reserved. */
  dup2(fd: number, to: number): number {
    return descriptors.dup2(this, fd, to);
  }
  /** As dup2, but EINVAL for flags beyond O_CLOEXEC and for `fd` = `to`. */
  dup3(fd: number, to: number, flags = 0): number {
    return descriptors.dup3(this, fd, to, flags);
  }
  /** F_DUPFD and F_DUPFD_CLOEXEC: the lowest free fd from `from` on. EBADF, EINVAL, EMFILE. */
  dupfd(fd: number, from: number, cloexec = false): number {
    return descriptors.dupfd(this, fd, from, cloexec);
  }
  /** F_SETFD. EBADF. */
  setCloexec(fd: number, cloexec: boolean): void {
    this.file(fd);
    this.files.setCloexec(fd, cloexec);
  }
  /** close_range(2) with CLOSE_RANGE flags. EINVAL. */
  closeRange(first: number, last: number, flags = 0): void {
    descriptors.closeRange(this, first, last, flags);
  }
  /** Takes the file at `fd` of another task; the new fd is close-on-exec. EBADF, EMFILE, ESRCH. */
  pidfdGetfd(target: Task, fd: number): number {
    return descriptors.pidfdGetfd(this, target, fd);
  }
  /** ftruncate(2). EBADF, EINVAL: not open for writing or not a file that has a size to change; EPERM: sealed. */
  ftruncate(fd: number, size: number): void {
    descriptors.ftruncate(this, fd, size);
  }
  /** lseek(2) with a SEEK_ number; returns the position. EBADF, ESPIPE, EINVAL. */
  lseek(fd: number, offset: number, whence: number): number {
    return descriptors.lseek(this, fd, offset, whence);
  }
  /** F_ADD_SEALS. EBADF, EINVAL: not a file that can be sealed; EPERM, EBUSY: the file's. */
  addSeals(fd: number, seals: number): void {
    descriptors.addSeals(this, fd, seals);
  }

  /** Maps a file; returns the address. Errors in the order of mmap(2): EINVAL, EBADF, EACCES, ENODEV, ENOMEM, the exporter's. */
  mmap(options: MmapOptions): number {
    return mappings.mmap(this, options);
  }
  /** Maps a file that need not have an fd, as shmat(2) does; the mapping takes a reference of its own. Errors of mmap(2). */
  mapFile(file: File, options: MapFileOptions): number {
    return mappings.mapFile(this, file, options);
  }
  /** EINVAL: not on a page, or no length. A hole is no error. */
  munmap(address: number, length: number): void {
    mappings.munmap(this, address, length);
  }
  /** EINVAL; EACCES: writing to a shared mapping of a file not open for it. */
  mprotect(address: number, length: number, prot: number): void {
    mappings.mprotect(this, address, length, prot);
  }
  /** EINVAL, EFAULT, ENOMEM; returns the address. */
  mremap(address: number, oldLength: number, newLength: number, flags = 0, newAddress = 0): number {
    return mremap(this, address, oldLength, newLength, flags, newAddress);
  }
  /** Advice that changes flags acts (how far to read ahead, DONTFORK, DONTDUMP), other does nothing. EINVAL, ENOMEM: a hole; EAGAIN. */
  madvise(address: number, length: number, advice: number): void {
    madvise(this, address, length, advice);
  }

  /** Reads every page of a range, which puts them in memory: only then RSS counts them. EFAULT. */
  touch(address: number, length: number): void {
    touch(this, address, length);
  }

  /** A connected pair of AF_UNIX sockets. EMFILE. */
  socketpair(options?: InstallOptions): [number, number] {
    return scm.socketpair(this, options);
  }
  /** socket(2): AF_UNIX, SOCK_STREAM. EMFILE. */
  socket(options?: InstallOptions): number {
    return connecting.socket(this, options);
  }
  /** bind(2) to a name of the abstract namespace. EBADF, ENOTSOCK, EINVAL: it has a name; EADDRINUSE. */
  bind(socket: number, name: string): void {
    connecting.bind(this, socket, name);
  }
  /** listen(2). EBADF, ENOTSOCK, EINVAL: without a name, or connected. */
  listen(socket: number, backlog = 128): void {
    connecting.listen(this, socket, backlog);
  }
  /** connect(2); what is sent then is in flight before anyone accepts. ECONNREFUSED, EAGAIN: too many wait; EISCONN, EINVAL. */
  connect(socket: number, name: string): void {
    connecting.connect(this, socket, name);
  }
  /** accept4(2) of the oldest connection. EAGAIN: none waits; EINVAL: not listening; EMFILE, EBADF, ENOTSOCK. */
  accept(socket: number, options?: InstallOptions): number {
    return connecting.accept(this, socket, options);
  }
  /** Passes fds with SCM_RIGHTS. EBADF, ENOTSOCK, EINVAL: more than 253; ENOTCONN; EPIPE: the other end is closed. */
  sendmsg(socket: number, fds: readonly number[]): Message {
    return scm.sendmsg(this, socket, fds);
  }
  /** Passes fds to a datagram socket. EBADF, ENOTSOCK, EINVAL: more than 253; EPROTOTYPE: not both take datagrams; ECONNREFUSED: it is closed; ETOOMANYREFS. */
  sendTo(socket: number, to: Socket, fds: readonly number[]): Message {
    return scm.sendTo(this, socket, to, fds);
  }
  /** Receives one message: what fits gets the lowest free fds, the rest is closed. EAGAIN: none is there; ECONNRESET, EBADF, ENOTSOCK. */
  recvmsg(socket: number, options?: ReceiveOptions): Received {
    return scm.recvmsg(this, socket, options);
  }
}
