import { MemtrackError } from '../core/errors.ts';
import type { File } from '../model/file.ts';
import type { Task } from '../model/task.ts';
import { modeAllows } from './mode-allows.ts';
import { openFile } from './open-file.ts';
import { fdinfoText } from './proc-fdinfo.ts';
import { demandLook, procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoLink, PseudoStat, Reader } from './pseudo-node.ts';

/** Numbers are written one way only: /proc/017 is not there (name_to_int). */
export const NUMBER = /^(0|[1-9]\d*)$/;

/**
 * /proc/[pid]/fd: a link for each open descriptor. Mode 0500, so for its owner, but also for threads of the group
 * (proc_fd_permission). Its size is how many there are.
 */
export function fdDirectory(pid: ProcPid): PseudoDirectory {
  const stat = (): ReturnType<typeof procStat> => procStat(pid, 'directory', 0o500, filesOf(pid.task)?.openFds ?? 0);
  return {
    type: 'directory',
    permission: (reader, mask) => demandOwner(pid, reader, stat(), mask),
    names: () => openFds(pid.task).map(String),
    entry: (name) => (isOpen(pid, name) ? fdLink(pid, Number(name)) : null),
    stat,
  };
}

/** proc_fd_permission: who the mode allows, and threads of the same group. EACCES. */
export function demandOwner(pid: ProcPid, reader: Reader, stat: PseudoStat, mask: number): void {
  if (reader === null || modeAllows(reader, stat, mask) || pid.task?.group === reader.group) return;
  throw new MemtrackError('EACCES', 'open');
}

/** /proc/[pid]/fdinfo: for who may look into the task, asked of the directory and of every file (proc_fdinfo_permission). */
export function fdinfoDirectory(pid: ProcPid): PseudoDirectory {
  return {
    type: 'directory',
    permission: (reader) => demandFdinfo(pid, reader),
    names: () => openFds(pid.task).map(String),
    entry: (name) => (isOpen(pid, name) ? fdinfoFile(pid, Number(name)) : null),
    stat: () => procStat(pid, 'directory', 0o555),
  };
}

function demandFdinfo(pid: ProcPid, reader: Reader): void {
  demandLook(reader, pid.demand('fdinfo'), 'fdinfo');
}

function filesOf(task: Task | null): Task['files'] | null {
  return task?.alive === true ? task.files : null;
}

function openFds(task: Task | null): readonly number[] {
  const fds: number[] = [];
  const files = filesOf(task);
  for (let fd = 0; fd < (files?.limit ?? 0); fd++) if (files?.get(fd) !== null) fds.push(fd);
  return fds;
}

function isOpen(pid: ProcPid, name: string): boolean {
  return NUMBER.test(name) && (filesOf(pid.task)?.get(Number(name)) ?? null) !== null;
}

function demandFile(pid: ProcPid, fd: number): File {
  const file = filesOf(pid.task)?.get(fd) ?? null;
  if (file === null) throw new MemtrackError('ENOENT', 'proc_fd', String(fd));
  return file;
}

function fdinfoFile(pid: ProcPid, fd: number): PseudoFileNode {
  return {
    type: 'file',
    permission: (reader) => demandFdinfo(pid, reader),
    read: () => fdinfoText(demandFile(pid, fd), filesOf(pid.task)?.cloexec(fd) ?? false),
    stat: () => procStat(pid, 'file', 0o444),
  };
}

/** Its mode says how the file is open (tid_fd_update_inode), its length is always 64. Reading and following it need a look. */
function fdLink(pid: ProcPid, fd: number): PseudoLink {
  const look = (reader: Reader): File => {
    demandLook(reader, pid.demand('readlink', 'ENOENT'), 'readlink');
    return demandFile(pid, fd);
  };
  return {
    type: 'link',
    target: (reader) => look(reader).link,
    follow: (reader) => openFile(look(reader)),
    stat: () => {
      const file = demandFile(pid, fd);
      return procStat(pid, 'link', (file.readable ? 0o500 : 0) | (file.writable ? 0o300 : 0), 64);
    },
  };
}
