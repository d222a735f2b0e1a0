import type { Credentials } from './credentials.ts';
import { includesCaps } from './credentials.ts';
import type { Task } from './task.ts';

/** fs.suid_dumpable, what a change of credentials makes of an address space: nobody's (SUID_DUMP_DISABLE). */
const SUID_DUMPABLE = 0;

/**
 * commit_creds: the task is somebody else from now on. If its effective ids or file system ids change, or it gains capabilities,
 * its address space is no longer dumpable, for all who share it.
 */
export function commitCredentials(task: Task, next: Credentials): void {
  const old = task.credentials;
  const changed =
    old.uid.effective !== next.uid.effective ||
    old.gid.effective !== next.gid.effective ||
    old.uid.fs !== next.uid.fs ||
    old.gid.fs !== next.gid.fs ||
    !noMore(old, next);
  if (changed && task.alive) task.mm.dumpable = SUID_DUMPABLE;
  task.credentials = next;
}

/** cred_cap_issubset. */
function noMore(old: Credentials, next: Credentials): boolean {
  if (old.userNamespace === next.userNamespace && includesCaps(old.permitted, next.permitted)) return true;
  for (let space = next.userNamespace; space.parent !== null; space = space.parent)
    if (space.parent === old.userNamespace && space.owner === old.uid.effective) return true;
  return false;
}
