import { MemtrackError } from '../core/errors.ts';
import { commitCredentials } from './commit-credentials.ts';
import { ALL_CAPS, CAP, capable } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import type { PidNamespace } from './pid-namespace.ts';
import type { Task } from './task.ts';

/** Levels below the first that user namespaces may have. */
const MAX_LEVEL = 32;

/** task_pid_nr_ns. */
export function numberIn(task: Task, space: PidNamespace): number {
  return isWithin(task.pidNamespace, space) ? task.numbers[space.level]! : 0;
}

function isWithin(space: PidNamespace, above: PidNamespace): boolean {
  let at: PidNamespace | null = space;
  while (at !== null && at.level > above.level) at = at.parent;
  return at === above;
}

export function unsharePid(task: Task): void {
  task.pidNamespaceForChildren = makePidNamespace(task, task.credentials, 'unshare');
}

export function unshareUser(task: Task): void {
  if (task.group.threads.length > 1 || task.mm.users.length > 1) throw new MemtrackError('EINVAL', 'unshare');
  commitCredentials(task, userCredentials(task, 'unshare'));
}

/** create_user_ns: who made it has every capability in it. */
export function userCredentials(task: Task, syscall: string): Credentials {
  const { uid, gid, userNamespace } = task.credentials;
  if (userNamespace.level >= MAX_LEVEL) throw new MemtrackError('ENOSPC', syscall, 'CLONE_NEWUSER');
  if (!userNamespace.maps(uid.effective, gid.effective)) throw new MemtrackError('EPERM', syscall, 'CLONE_NEWUSER');
  return {
    ...task.credentials,
    userNamespace: task.kernel.newUserNamespace(userNamespace, uid.effective, gid.effective),
    permitted: ALL_CAPS,
    effective: ALL_CAPS,
    keepCaps: false,
  };
}

/**
 * copy_pid_ns: a new pid namespace below the one that children are born in. EPERM: no CAP_SYS_ADMIN in the user namespace it will
 * belong to; EINVAL: that is not the task's own; ENOSPC: too deep.
 */
export function makePidNamespace(task: Task, credentials: Credentials, syscall: string): PidNamespace {
  if (!capable(credentials, CAP.SYS_ADMIN, credentials.userNamespace))
    throw new MemtrackError('EPERM', syscall, 'CLONE_NEWPID');
  const { pidNamespace, pidNamespaceForChildren } = task;
  if (pidNamespace !== pidNamespaceForChildren) throw new MemtrackError('EINVAL', syscall, 'CLONE_NEWPID');
  if (pidNamespace.level >= MAX_LEVEL) throw new MemtrackError('ENOSPC', syscall, 'CLONE_NEWPID');
  return task.kernel.newPidNamespace(pidNamespace);
}

/** alloc_pid: a child's pid in every namespace below the first, whose number is `pid`. ENOMEM: the namespace's init has ended. */
export function numbersIn(space: PidNamespace, pid: number): readonly number[] {
  if (space.ended) throw new MemtrackError('ENOMEM', 'alloc_pid');
  return [pid, ...space.path.slice(1).map(({ pids }) => pids.next())];
}
