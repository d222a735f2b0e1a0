import { MemtrackError } from '../core/errors.ts';
import { FLAG } from '../core/record.ts';
import { CLONE } from './flags.ts';
import { Task } from './task.ts';

export interface CloneOptions {
  /** As observed; else the next free. EEXIST: a live task has it. */
  readonly pid?: number;
  readonly comm?: string | null;
}

/** kernel_clone: the child shares what the flags say and copies the rest (copy_files, copy_mm). */
export function clone(parent: Task, flags: number, options: CloneOptions = {}): Task {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(CLONE.NEWNS) && has(CLONE.FS)) throw new MemtrackError('EINVAL', 'clone', 'CLONE_NEWNS with CLONE_FS');
  if (has(CLONE.THREAD) && !has(CLONE.SIGHAND))
    throw new MemtrackError('EINVAL', 'clone', 'CLONE_THREAD without CLONE_SIGHAND');
  if (has(CLONE.SIGHAND) && !has(CLONE.VM))
    throw new MemtrackError('EINVAL', 'clone', 'CLONE_SIGHAND without CLONE_VM');
  const { kernel } = parent;
  const oldFiles = parent.files;
  const oldMm = parent.mm;
  const pid = kernel.claimPid(options.pid);
  const thread = has(CLONE.THREAD);
  const shareFiles = has(CLONE.FILES);
  const shareMm = has(CLONE.VM);
  const key = kernel.nextTaskKey();
  const share = (shareFiles ? FLAG.shareFiles : 0) | (shareMm ? FLAG.shareMm : 0) | (thread ? FLAG.shareThread : 0);
  kernel.accounting.fork(parent.key, key, pid, share);
  const files = shareFiles ? oldFiles : oldFiles.copy();
  const mm = shareMm ? oldMm : oldMm.copy(parent);
  const reaper = has(CLONE.PARENT) ? parent.group.parent : parent;
  const comm = options.comm === undefined ? parent.comm : options.comm;
  const child = new Task(kernel, key, pid, comm, thread ? parent.group : null, thread ? null : reaper, files, mm);
  if (!thread) child.group.nofile = parent.group.nofile;
  kernel.adopt(child);
  return child;
}
