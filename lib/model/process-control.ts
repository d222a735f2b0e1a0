import { MemtrackError } from '../core/errors.ts';
import { decodeText, encodeText } from '../core/text.ts';
import { CAP, capable } from './credentials.ts';
import type { Task } from './task.ts';

/** TASK_COMM_LEN less the NUL. */
const COMM_LENGTH = 15;

/** What comm becomes when it is set to a name: its first 15 bytes, up to a NUL. */
export function commOf(name: string): string {
  const bytes = encodeText(name);
  const nul = bytes.indexOf(0);
  return decodeText(bytes.subarray(0, nul < 0 ? COMM_LENGTH : Math.min(nul, COMM_LENGTH)));
}

/** do_prlimit of RLIMIT_NOFILE. Lowering it closes nothing. */
export function limitDescriptors(task: Task, soft: number, hard: number): void {
  const { group, kernel } = task;
  if (!(soft >= 0 && soft <= hard)) throw new MemtrackError('EINVAL', 'setrlimit', `${soft} of ${hard}`);
  if (hard > kernel.nrOpen) throw new MemtrackError('EPERM', 'setrlimit', `${hard} is more than nr_open`);
  if (hard > group.nofileMax && !capable(task.credentials, CAP.SYS_RESOURCE, kernel.userNamespace))
    throw new MemtrackError('EPERM', 'setrlimit', `${hard} is more than ${group.nofileMax}`);
  group.nofile = soft;
  group.nofileMax = hard;
}
