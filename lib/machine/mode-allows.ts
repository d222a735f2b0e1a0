import { inodeAllows } from '../model/file-permission.ts';
import type { Task } from '../model/task.ts';
import type { PseudoStat } from './pseudo-node.ts';

/** generic_permission for a pseudo-file. */
export function modeAllows(reader: Task, { type, mode, uid, gid }: PseudoStat, mask: number): boolean {
  return inodeAllows(reader.credentials, { directory: type === 'directory', mode, uid, gid }, mask);
}
