import type { Task } from '../model/task.ts';
import { formatMaps } from '../procfs/maps.ts';
import type { PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** /proc/[pid]/maps: the mappings of files that the model keeps. */
export function mapsText(task: Task): PseudoText {
  const standIns = new StandIns();
  if (!task.alive) return { text: '', standIns: [] };
  standIns.use(null, 'only mappings of shared buffers are in the recording');
  const lines = task.mm.vmas
    .filter(({ buffer }) => buffer !== null)
    .map((vma) => ({
      start: vma.start,
      end: vma.end,
      perms: vma.perms,
      offset: vma.offset,
      dev: vma.file.identity?.dev ?? standIns.use('0:0', 'devices are 00:00'),
      inode: standIns.inode(vma.file),
      path: vma.file.link,
      deleted: false,
    }));
  return { text: formatMaps(lines), standIns: standIns.list };
}
