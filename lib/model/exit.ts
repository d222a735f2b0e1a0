import { MemtrackError } from '../core/errors.ts';
import type { PidNamespace } from './pid-namespace.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

const SIGKILL = 9;
const SIGCHLD = 17;

/** Options of wait4(2) and waitid(2); WNOHANG goes without saying. */
export const WAIT = { NOWAIT: 0x0100_0000, NOTHREAD: 0x2000_0000, ALL: 0x4000_0000, CLONE: 0x8000_0000 } as const;

export interface WaitResult {
  /** In the waiter's pid namespace. */
  readonly pid: number;
  /** Exit status, or the signal if killed. */
  readonly status: number | null;
  readonly killed: boolean;
}

/** do_exit of one thread, without telling the core: mappings go before fds; a thread's tid is free at once, a leader's not. */
export function endTask(task: Task): void {
  const { group } = task;
  task.switchMm(null);
  task.switchFiles(null);
  group.threads.splice(group.threads.indexOf(task), 1);
  if (group.children.size > 0 && group.alive) leaveChildren(task, group.threads[0]!);
  if (task !== group.leader) task.kernel.freePid(task);
}

/** forget_original_parent: the first thread that lives gets the children, behind its own. */
function leaveChildren({ group }: Task, heir: Task): void {
  for (const child of [...group.children]) {
    if (child.parent === null || child.parent.alive) continue;
    child.parent = heir;
    group.children.delete(child);
    group.children.add(child);
  }
}

/** exit(2): one thread. The process ends with its last thread, and with its status (synchronize_group_exit). */
export function exitThread(task: Task, status: number | null): void {
  const { group, kernel } = task;
  if (!task.alive) throw new MemtrackError('ESRCH', 'exit', `task ${task.tid}`);
  kernel.accounting.exit(task.key, false);
  endTask(task);
  if (group.alive) return;
  group.status = status;
  endGroup(group);
}

/** exit_group(2), or death by a signal: every thread, with one status. */
export function exitGroup(task: Task, status: number | null, killed: boolean): void {
  const { group, kernel } = task;
  const first = group.threads[0];
  if (first === undefined) throw new MemtrackError('ESRCH', killed ? 'kill' : 'exit_group', `task ${task.tid}`);
  kernel.accounting.exit(first.key, true);
  for (const thread of group.threads.slice()) endTask(thread);
  group.status = status;
  group.killed = killed;
  endGroup(group);
}

/** exit_notify: children go to a subreaper or init; if init is the parent, or nobody waits here, it is reaped at once. */
function endGroup(group: ThreadGroup): void {
  const { kernel } = group.leader;
  group.endTime = kernel.now;
  const { pidNamespace } = group.leader;
  const heir = group.children.size > 0 ? findNewReaper(group) : null;
  for (const child of group.children) {
    child.parent = heir;
    child.exitSignal = SIGCHLD;
    if (heir !== null) heir.group.children.add(child);
    else if (!child.alive) reap(child);
  }
  group.children.clear();
  if (pidNamespace.init === group) endNamespace(pidNamespace);
  if (kernel.autoReap || group.parent === null) reap(group);
}

/** find_new_reaper: the nearest subreaper above it in its pid namespace, else that namespace's init; null: init outside the model. */
function findNewReaper(group: ThreadGroup): Task | null {
  const { pidNamespace } = group.leader;
  const init = pidNamespace.init?.alive === true ? pidNamespace.init : null;
  for (let above = group.parent?.group; above !== undefined && above !== init; above = above.parent?.group) {
    if (above.leader.pidNamespace.level !== pidNamespace.level) break;
    if (above.subreaper && above.alive) return above.threads[0]!;
  }
  return init?.threads[0] ?? null;
}

/** zap_pid_ns_processes: when its init ends, everyone in a pid namespace is killed. */
function endNamespace(space: PidNamespace): void {
  for (const task of [...space.pids.values()]) {
    if (task !== task.leader || task.group === space.init) continue;
    if (task.group.alive) exitGroup(task, SIGKILL, true);
    if (task.group.parent === null) reap(task.group);
  }
}

function reap(group: ThreadGroup): void {
  if (group.reaped) return;
  group.reaped = true;
  group.parent?.group.children.delete(group);
  group.leader.kernel.freePid(group.leader);
}

/** wait4 for a child that has ended, any or the one with that pid: the caller's own come before those of its fellow threads. */
export function wait(task: Task, pid?: number, flags = 0): WaitResult | null {
  if ((flags & ~WAIT_FLAGS) !== 0) throw new MemtrackError('EINVAL', 'wait4', `flags ${flags}`);
  let found = false;
  for (const child of byThread(task)) {
    if ((flags & WAIT.NOTHREAD) !== 0 && child.parent !== task) continue;
    if ((flags & WAIT.ALL) === 0 && (child.exitSignal === SIGCHLD) === ((flags & WAIT.CLONE) !== 0)) continue;
    const number = child.leader.pidIn(task.pidNamespace);
    if (pid !== undefined && number !== pid) continue;
    found = true;
    if (child.alive) continue;
    if ((flags & WAIT.NOWAIT) === 0) reap(child);
    return { pid: number, status: child.status, killed: child.killed };
  }
  if (!found) throw new MemtrackError('ECHILD', 'wait4');
  return null;
}

const WAIT_FLAGS = WAIT.NOWAIT | WAIT.NOTHREAD | WAIT.ALL | WAIT.CLONE;

/** The order of __do_wait: the caller's children, then those of each next thread. */
function byThread(task: Task): readonly ThreadGroup[] {
  const { threads, children } = task.group;
  if (threads.length === 1) return [...children];
  const turn = (child: ThreadGroup): number =>
    (threads.indexOf(child.parent ?? task) - threads.indexOf(task) + threads.length) % threads.length;
  return [...children].sort((a, b) => turn(a) - turn(b));
}

/** The pid is used again, so that its old owner must have been reaped. False if a live task has it. */
export function reapForReuse(owner: Task): boolean {
  if (owner.group.alive) return false;
  reap(owner.group);
  return true;
}
