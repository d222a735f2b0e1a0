import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { INSTALL_OPTIONS } from './fd-table.ts';
import type { FdTable, InstallOptions } from './fd-table.ts';
import type { File } from './file.ts';
import { CLOSE_RANGE, O } from './flags.ts';
import { ptraceMayAttach } from './ptrace-access.ts';
import type { Task } from './task.ts';

/** alloc_fd: the lowest free fd from `from` on, below the soft limit. */
export function allocate(task: Task, files: FdTable, from: number, syscall: string): number {
  const fd = files.lowestFree(from);
  if (fd >= limit(task)) throw new MemtrackError('EMFILE', syscall);
  return fd;
}

export function install(task: Task, file: File, options?: InstallOptions): number {
  if (options !== undefined) refuseUnknownOptions(options, INSTALL_OPTIONS, 'install');
  const files = task.files;
  const fd = allocate(task, files, 0, 'fd_install');
  files.publish(task, fd, file, options?.cloexec ?? false, options?.inferred ?? false);
  return fd;
}

/** The same for a file that nobody else has: without an fd it is gone. */
export function installNew(task: Task, file: File, options?: InstallOptions): number {
  try {
    return install(task, file, options);
  } catch (error) {
    file.put();
    throw error;
  }
}

/** get_unused_fd_flags. */
export function reserve(task: Task, options: InstallOptions & { readonly from?: number } = {}): number {
  refuseUnknownOptions(options, ['from', ...INSTALL_OPTIONS], 'reserve');
  const files = task.files;
  const fd = allocate(task, files, options.from ?? 0, 'get_unused_fd');
  files.reserve(fd, options.cloexec ?? false);
  return fd;
}

/** fd_install. */
export function publish(task: Task, fd: number, file: File): void {
  const files = task.files;
  if (files.get(fd) !== null) throw new MemtrackError('EBUSY', 'fd_install', String(fd));
  if (!files.reserved(fd)) throw new MemtrackError('EBADF', 'fd_install', `${fd} is not reserved`);
  files.publish(task, fd, file, files.cloexec(fd));
}

/** put_unused_fd. */
export function unreserve(task: Task, fd: number): void {
  const files = task.files;
  if (!files.reserved(fd)) throw new MemtrackError('EBADF', 'put_unused_fd', `${fd} is not reserved`);
  files.unreserve(fd);
}

export function dup(task: Task, fd: number): number {
  const file = task.file(fd);
  const files = task.files;
  const to = allocate(task, files, 0, 'dup');
  files.publish(task, to, file.get());
  return to;
}

export function dup2(task: Task, fd: number, to: number): number {
  if (fd === to) {
    task.file(fd);
    return to;
  }
  return dupOnto(task, fd, to, false, 'dup2');
}

export function dup3(task: Task, fd: number, to: number, flags: number): number {
  if ((flags & ~O.CLOEXEC) !== 0 || fd === to) throw new MemtrackError('EINVAL', 'dup3');
  return dupOnto(task, fd, to, flags !== 0, 'dup3');
}

/** ksys_dup3: the limit is looked at before the old fd. */
function dupOnto(task: Task, fd: number, to: number, cloexec: boolean, syscall: string): number {
  if (!(to >= 0 && to < limit(task))) throw new MemtrackError('EBADF', syscall, String(to));
  const file = task.file(fd);
  const files = task.files;
  if (files.reserved(to)) throw new MemtrackError('EBUSY', syscall, String(to));
  files.dupAt(task, file, to, cloexec);
  return to;
}

export function dupfd(task: Task, fd: number, from: number, cloexec: boolean): number {
  const file = task.file(fd);
  if (!(from >= 0 && from < limit(task))) throw new MemtrackError('EINVAL', 'fcntl', `F_DUPFD from ${from}`);
  const files = task.files;
  const to = allocate(task, files, from, 'fcntl');
  files.publish(task, to, file.get(), cloexec);
  return to;
}

export function closeRange(task: Task, first: number, last: number, flags: number): void {
  if (first > last || (flags & ~(CLOSE_RANGE.UNSHARE | CLOSE_RANGE.CLOEXEC)) !== 0)
    throw new MemtrackError('EINVAL', 'close_range');
  if ((flags & CLOSE_RANGE.UNSHARE) !== 0) unshareFiles(task);
  task.files.closeRangeAt(task, first, last, (flags & CLOSE_RANGE.CLOEXEC) !== 0);
}

export function unshareFiles(task: Task): void {
  const files = task.files;
  if (files.users.length === 1) return;
  task.kernel.accounting.unshare(task.key);
  task.switchFiles(files.copy());
}

export function pidfdGetfd(task: Task, target: Task, fd: number): number {
  if (!ptraceMayAttach(task, target)) throw new MemtrackError('EPERM', 'pidfd_getfd', `of ${target.tid}`);
  const file = target.file(fd);
  const files = task.files;
  const to = allocate(task, files, 0, 'pidfd_getfd');
  files.publish(task, to, file.get(), true);
  return to;
}

export function ftruncate(task: Task, fd: number, size: number): void {
  if (!(size >= 0)) throw new MemtrackError('EINVAL', 'ftruncate', String(size));
  const file = task.file(fd);
  if (file.operations.truncate === undefined || !file.writable) throw new MemtrackError('EINVAL', 'ftruncate');
  file.operations.truncate(file, size);
}

export function lseek(task: Task, fd: number, offset: number, whence: number): number {
  const file = task.file(fd);
  if (file.operations.llseek === undefined) throw new MemtrackError('ESPIPE', 'lseek', String(fd));
  return file.operations.llseek(file, offset, whence);
}

export function addSeals(task: Task, fd: number, seals: number): void {
  const file = task.file(fd);
  if (file.operations.addSeals === undefined) throw new MemtrackError('EINVAL', 'fcntl', 'F_ADD_SEALS');
  file.operations.addSeals(file, seals);
}

/** RLIMIT_NOFILE, which nr_open bounds. */
function limit(task: Task): number {
  return Math.min(task.group.nofile, task.kernel.nrOpen);
}
