import { MemtrackError } from '../core/errors.ts';
import type { File } from '../model/file.ts';
import type { Task } from '../model/task.ts';
import { fdinfoText } from './proc-fdinfo.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoLink, PseudoNode, PseudoStat } from './pseudo-node.ts';

/** Numbers are written one way only: /proc/017 is not there (name_to_int). */
export const NUMBER = /^(0|[1-9]\d*)$/;

/** /proc/[pid]/fd: a link for each open descriptor. */
export function fdDirectory(task: Task): PseudoDirectory {
  return descriptorDirectory(task, 0o500, (fd) => fdLink(task, fd));
}

/** /proc/[pid]/fdinfo. */
export function fdinfoDirectory(task: Task): PseudoDirectory {
  return descriptorDirectory(task, 0o555, (fd) => fdinfoFile(task, fd));
}

function descriptorDirectory(task: Task, mode: number, make: (fd: number) => PseudoNode): PseudoDirectory {
  return {
    type: 'directory',
    names: () => openFds(task).map(String),
    entry: (name) => (NUMBER.test(name) && fileOf(task, Number(name)) !== null ? make(Number(name)) : null),
    stat: () => ({ type: 'directory', mode, uid: 0, gid: 0, size: task.alive ? task.files.openFds : 0 }),
  };
}

function openFds(task: Task): readonly number[] {
  const fds: number[] = [];
  if (!task.alive) return fds;
  const { files } = task;
  for (let fd = 0; fd < files.limit; fd++) if (files.get(fd) !== null) fds.push(fd);
  return fds;
}

function fileOf(task: Task, fd: number): File | null {
  return task.alive ? task.files.get(fd) : null;
}

function demand(task: Task, fd: number): File {
  const file = fileOf(task, fd);
  if (file === null) throw new MemtrackError('ENOENT', 'proc_fd_link', String(fd));
  return file;
}

function fdinfoFile(task: Task, fd: number): PseudoFileNode {
  return {
    type: 'file',
    read: () => fdinfoText(demand(task, fd), task.files.cloexec(fd)),
  };
}

/** Modes of its link say how the file is open (tid_fd_update_inode); its length is always 64. */
function fdLink(task: Task, fd: number): PseudoLink {
  return {
    type: 'link',
    target: () => demand(task, fd).link,
    follow: () => openFile(demand(task, fd)),
    stat: () => {
      const file = demand(task, fd);
      const mode = (file.readable ? 0o500 : 0) | (file.writable ? 0o300 : 0);
      return { type: 'link', mode, uid: 0, gid: 0, size: 64 };
    },
  };
}

/** The file behind a link of procfs. Its contents are not in the model, and what a dma-buf's inode is cannot be opened. */
export function openFile(file: File): PseudoFileNode {
  const refuse = (): never => {
    throw new MemtrackError('ENXIO', 'open', file.link);
  };
  return { type: 'file', open: refuse, read: refuse, stat: () => statFile(file) };
}

/** Of a dma-buf, st_blocks is its size in blocks rounded down (dma_buf_export). */
function statFile(file: File): PseudoStat {
  const { buffer, identity } = file;
  const size = buffer?.size ?? 0;
  return {
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size,
    ...(buffer?.kind === 'dma-buf' ? { blocks: Math.floor(size / 512) } : {}),
    ...(identity === null ? {} : { inode: identity.inode, dev: identity.dev }),
  };
}
