import { MemtrackError } from '../core/errors.ts';
import type { AddressSpace } from '../model/address-space.ts';
import type { Task } from '../model/task.ts';
import type { Vma } from '../model/vma.ts';
import { formatMaps } from '../procfs/maps.ts';
import type { MapsLine } from '../procfs/maps.ts';
import { mayLook, procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoFileNode, PseudoOpened, PseudoText, Reader } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** /proc/[pid]/maps: the mappings of files that the model keeps. */
export function mapsFile(pid: ProcPid): PseudoFileNode {
  return memoryFile(pid, (mm) => mapsText(mm));
}

/**
 * A file about the address space that the task has when it is opened: whose is the reader's own, or who may look into the task,
 * may open it. Read later, it is empty once that address space is gone, though the task may have another by then (m_start).
 */
export function memoryFile(
  pid: ProcPid,
  text: (mm: AddressSpace) => PseudoText,
  gone: () => PseudoText = () => ({ text: '', standIns: [] }),
): PseudoFileNode {
  const open = (reader: Reader): PseudoOpened => {
    const task = pid.demand('open');
    const mm = mmToRead(reader, task);
    return {
      read: () => {
        pid.demand('read');
        return mm === null || mm.users.length === 0 ? gone() : text(mm);
      },
    };
  };
  return {
    type: 'file',
    open,
    read: (reader) => open(reader).read(reader),
    stat: () => procStat(pid, 'file', 0o444),
  };
}

/** mm_access: null for a task that has none any more, which everybody may read. EACCES. */
function mmToRead(reader: Reader, task: Task): AddressSpace | null {
  if (!task.alive) return null;
  const own = reader?.alive === true && reader.mm === task.mm;
  if (!own && !mayLook(reader, task)) throw new MemtrackError('EACCES', 'mm_access', `task ${task.tid}`);
  return task.mm;
}

/** What is not known of mappings that are no buffer's. */
export const SHARED_ONLY = 'only mappings of shared buffers are in the recording';

function mapsText(mm: AddressSpace): PseudoText {
  const standIns = new StandIns();
  standIns.use(null, SHARED_ONLY);
  const lines = mm.vmas.filter(isShown).map((vma) => mapsLine(vma, standIns));
  return { text: formatMaps(lines), standIns: standIns.list };
}

/** Mappings of buffers, also through a device's file; of others only what is identified. */
export function isShown({ buffer, file }: Vma): boolean {
  return buffer !== null || file.identity !== null;
}

/** A mapping as maps and smaps show it. */
export function mapsLine(vma: Vma, standIns: StandIns): MapsLine {
  return {
    start: vma.start,
    end: vma.end,
    perms: vma.perms,
    offset: vma.offset,
    dev: vma.file.identity?.dev ?? standIns.use('0:0', 'devices are 00:00'),
    inode: standIns.inode(vma.file),
    path: vma.file.link,
    deleted: false,
  };
}
