import { CAP, capable, includesCaps } from './credentials.ts';
import type { Credentials, Ids } from './credentials.ts';
import type { Task } from './task.ts';

/**
 * PTRACE_MODE_READ_FSCREDS: whether `reader` may look into `target`, in the order of __ptrace_may_access: the same thread group;
 * then the reader's file system ids against all three of the target's; then the target's dumpability; then the capabilities
 * (cap_ptrace_access_check). Yama has no say in reading.
 *
 * @returns why not, or null.
 */
export function ptraceRefuses(reader: Task, target: Task): Refusal | null {
  return refuses(reader, target, 'fs');
}

type Refusal = 'ids' | 'dumpable' | 'capabilities';

/** PTRACE_MODE_ATTACH_REALCREDS, as pidfd_getfd(2) asks: by real ids, and by what capabilities are permitted. */
export function ptraceMayAttach(tracer: Task, target: Task): boolean {
  return refuses(tracer, target, 'real') === null;
}

function refuses(reader: Task, target: Task, by: 'fs' | 'real'): Refusal | null {
  if (reader.group === target.group) return null;
  const mine = reader.credentials;
  const theirs = target.credentials;
  const sameIds = allAre(theirs.uid, mine.uid[by]) && allAre(theirs.gid, mine.gid[by]);
  if (!sameIds && !capable(mine, CAP.SYS_PTRACE, theirs.userNamespace)) return 'ids';
  if (target.alive) {
    const { dumpable, userNamespace } = target.mm;
    if (dumpable !== 1 && !capable(mine, CAP.SYS_PTRACE, userNamespace)) return 'dumpable';
  }
  return capsAllow(mine, theirs, by === 'fs' ? mine.effective : mine.permitted) ? null : 'capabilities';
}

export function ptraceMayRead(reader: Task, target: Task): boolean {
  return ptraceRefuses(reader, target) === null;
}

function allAre({ real, effective, saved }: Ids, id: number): boolean {
  return real === id && effective === id && saved === id;
}

function capsAllow(mine: Credentials, theirs: Credentials, caps: bigint): boolean {
  if (mine.userNamespace === theirs.userNamespace && includesCaps(caps, theirs.permitted)) return true;
  return capable(mine, CAP.SYS_PTRACE, theirs.userNamespace);
}
