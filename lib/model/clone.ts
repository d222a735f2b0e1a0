import { MemtrackError } from '../core/errors.ts';
import { FLAG } from '../core/record.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { CAP, capable } from './credentials.ts';
import { CLONE } from './flags.ts';
import { makePidNamespace, numbersIn, userCredentials } from './namespaces.ts';
import { Task } from './task.ts';

export interface CloneOptions {
  /** As observed; else the next free. EEXIST: a live task has it. */
  readonly pid?: number;
  readonly comm?: string | null;
  /** What its parent is sent when it ends. Default SIGCHLD. */
  readonly exitSignal?: number;
}

const OPTIONS = ['pid', 'comm', 'exitSignal'];

const OTHER_NAMESPACES = CLONE.NEWNS | CLONE.NEWCGROUP | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET;
/** Flags of which checkRare has something to say. */
const RARE = OTHER_NAMESPACES | CLONE.PIDFD;

/** Flags of which checkNamespaces has something to say. */
const NAMESPACE_RULES = CLONE.NEWUSER | CLONE.PARENT | CLONE.THREAD;

/** kernel_clone: the child shares what the flags say and copies the rest (copy_files, copy_mm). */
export function clone(parent: Task, flags: number, options: CloneOptions = {}): Task {
  refuseUnknownOptions(options, OPTIONS, 'clone');
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(CLONE.NEWNS) && has(CLONE.FS)) throw new MemtrackError('EINVAL', 'clone', 'CLONE_NEWNS with CLONE_FS');
  if (has(CLONE.THREAD) && !has(CLONE.SIGHAND))
    throw new MemtrackError('EINVAL', 'clone', 'CLONE_THREAD without CLONE_SIGHAND');
  if (has(CLONE.SIGHAND) && !has(CLONE.VM))
    throw new MemtrackError('EINVAL', 'clone', 'CLONE_SIGHAND without CLONE_VM');
  if ((flags & NAMESPACE_RULES) !== 0) checkNamespaces(parent, flags);
  if ((flags & RARE) !== 0) checkRare(parent, flags);
  const { kernel } = parent;
  const oldFiles = parent.files;
  const oldMm = parent.mm;
  const thread = has(CLONE.THREAD);
  const credentials = has(CLONE.NEWUSER) ? userCredentials(parent, 'clone') : parent.credentials;
  const space = has(CLONE.NEWPID) ? makePidNamespace(parent, credentials, 'clone') : parent.pidNamespaceForChildren;
  const shareFiles = has(CLONE.FILES);
  const shareMm = has(CLONE.VM);
  const share = (shareFiles ? FLAG.shareFiles : 0) | (shareMm ? FLAG.shareMm : 0) | (thread ? FLAG.shareThread : 0);
  const pid = claimPid(parent, share, options.pid);
  const numbers = space.level === 0 ? null : numbersIn(space, pid);
  const key = kernel.nextTaskKey();
  kernel.accounting.fork(parent.key, key, pid, share);
  const files = shareFiles ? oldFiles : oldFiles.copy();
  const mm = shareMm ? oldMm : oldMm.copy(parent);
  const reaper = has(CLONE.PARENT) ? parent.group.parent : parent;
  const comm = options.comm === undefined ? parent.comm : options.comm;
  const child = new Task(kernel, key, pid, comm, thread ? parent.group : null, thread ? null : reaper, files, mm);
  child.credentials = credentials;
  if (numbers !== null) child.numbers = numbers;
  child.pidNamespace = space;
  child.pidNamespaceForChildren = space;
  if (!thread) {
    child.group.nofile = parent.group.nofile;
    child.group.nofileMax = parent.group.nofileMax;
    const signal = has(CLONE.PARENT) ? parent.group.exitSignal : options.exitSignal;
    if (signal !== undefined) child.group.exitSignal = signal;
    if (space.level > 0) space.init ??= child.group;
  }
  kernel.adopt(child);
  return child;
}

/** The rest of what clone(2) refuses: what each namespace costs, and flags of which each means the other's pointer. */
function checkRare(parent: Task, flags: number): void {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(CLONE.PIDFD) && has(CLONE.PARENT_SETTID | CLONE.DETACHED))
    throw new MemtrackError('EINVAL', 'clone', 'CLONE_PIDFD with CLONE_PARENT_SETTID or CLONE_DETACHED');
  const { credentials, kernel } = parent;
  const mayMake = has(CLONE.NEWUSER) || capable(credentials, CAP.SYS_ADMIN, kernel.userNamespace);
  if (has(OTHER_NAMESPACES) && !mayMake) throw new MemtrackError('EPERM', 'clone', 'a new namespace');
  if (has(CLONE.NEWIPC) && has(CLONE.SYSVSEM))
    throw new MemtrackError('EINVAL', 'clone', 'CLONE_NEWIPC with CLONE_SYSVSEM');
}

/** copy_process's rules for namespaces: threads stay in theirs, and an init has no siblings. */
function checkNamespaces(parent: Task, flags: number): void {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const refuse = (why: string): never => {
    throw new MemtrackError('EINVAL', 'clone', why);
  };
  if (has(CLONE.NEWUSER) && has(CLONE.FS)) refuse('CLONE_NEWUSER with CLONE_FS');
  if (has(CLONE.PARENT) && parent.pidNamespace.init === parent.group)
    refuse('CLONE_PARENT by the init of a pid namespace');
  if (!has(CLONE.THREAD)) return;
  if (has(CLONE.NEWUSER | CLONE.NEWPID)) refuse('CLONE_THREAD with a namespace');
  if (parent.pidNamespace !== parent.pidNamespaceForChildren) refuse('CLONE_THREAD after unshare(CLONE_NEWPID)');
}

/** alloc_pid comes after copy_files: as posted, what was installed for the child stays when there is no pid for it. */
function claimPid({ kernel, key }: Task, share: number, wanted: number | undefined): number {
  try {
    return kernel.claimPid(wanted);
  } catch (error) {
    if (kernel.accounting.posted && error instanceof MemtrackError && error.code === 'EAGAIN') {
      const child = kernel.nextTaskKey();
      kernel.accounting.fork(key, child, 0, share);
      kernel.accounting.abandon(child);
    }
    throw error;
  }
}
