import { MemtrackError } from '../core/errors.ts';
import { CAP, capable } from '../model/credentials.ts';
import type { Task } from '../model/task.ts';
import type { Vma } from '../model/vma.ts';
import { openFile } from './open-file.ts';
import { demandOwner } from './proc-fd.ts';
import { demandLook, procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoDirectory, PseudoLink, PseudoStat, Reader } from './pseudo-node.ts';

/** `start-end` in hexadecimal without leading zeros (dname_to_vma_addr). */
const NAME = /^(0|[1-9a-f][0-9a-f]*)-(0|[1-9a-f][0-9a-f]*)$/;

/**
 * /proc/[pid]/map_files: a link for each mapping of a file. Listing, look-up and reading a link are for who may look into the task;
 * following one needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE besides (EPERM).
 */
export function mapFilesDirectory(pid: ProcPid): PseudoDirectory {
  const stat = (): PseudoStat => procStat(pid, 'directory', 0o500);
  return {
    type: 'directory',
    names: (reader) => {
      const { task } = pid;
      if (task === null) return [];
      demandLook(reader, task, 'map_files');
      return vmasOf(task).map(({ start, end }) => `${start.toString(16)}-${end.toString(16)}`);
    },
    entry: (name, reader) => {
      const task = pid.demand('map_files', 'ENOENT');
      demandLook(reader, task, 'map_files');
      return findVma(task, name) === null ? null : mapLink(pid, name);
    },
    permission: (reader, mask) => demandOwner(pid, reader, stat(), mask),
    stat,
  };
}

function vmasOf(task: Task): readonly Vma[] {
  return task.alive ? task.mm.vmas : [];
}

function findVma(task: Task, name: string): Vma | null {
  const [, start = '', end = ''] = NAME.exec(name) ?? [];
  return vmasOf(task).find((vma) => vma.start.toString(16) === start && vma.end.toString(16) === end) ?? null;
}

/** Its mode says how the file is open for reading and writing, without execute bits. */
function mapLink(pid: ProcPid, name: string): PseudoLink {
  const find = (): Vma => {
    const vma = findVma(pid.demand('map_files', 'ENOENT'), name);
    if (vma === null) throw new MemtrackError('ENOENT', 'map_files', name);
    return vma;
  };
  const look = (reader: Reader): Vma => {
    demandLook(reader, pid.demand('readlink', 'ENOENT'), 'readlink');
    return find();
  };
  return {
    type: 'link',
    target: (reader) => look(reader).file.link,
    follow: (reader) => {
      if (!mayFollow(reader)) throw new MemtrackError('EPERM', 'map_files', name);
      return openFile(look(reader).file);
    },
    stat: () => {
      const { file } = find();
      return procStat(pid, 'link', (file.readable ? 0o400 : 0) | (file.writable ? 0o200 : 0), 64);
    },
  };
}

/** checkpoint_restore_ns_capable, in the first user namespace. */
function mayFollow(reader: Reader): boolean {
  if (reader === null) return true;
  const { userNamespace } = reader.kernel;
  return [CAP.SYS_ADMIN, CAP.CHECKPOINT_RESTORE].some((cap) => capable(reader.credentials, cap, userNamespace));
}
