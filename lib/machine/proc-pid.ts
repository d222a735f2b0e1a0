import { MemtrackError } from '../core/errors.ts';
import type { Task } from '../model/task.ts';
import type { ThreadGroup } from '../model/thread-group.ts';
import type { PseudoStat, Reader } from './pseudo-node.ts';
import { ptraceMayRead } from '../model/ptrace-access.ts';

/**
 * What a directory of procfs is about (struct pid): the task that has the number. That is another task of the group after a
 * thread's exec, and none once the task is reaped, also if a stranger gets the number.
 */
export class ProcPid {
  readonly #first: Task;
  readonly #tid: number;
  readonly #group: ThreadGroup;

  constructor(task: Task) {
    this.#first = task;
    this.#tid = task.tid;
    this.#group = task.group;
  }

  /** null: gone. */
  get task(): Task | null {
    const task = this.#first.kernel.task(this.#tid);
    return task?.group === this.#group && (task === this.#first || task === this.#group.leader) ? task : null;
  }

  /** get_proc_task. ESRCH, or what else its caller says, if it is gone. */
  demand(syscall: string, code: 'ESRCH' | 'ENOENT' = 'ESRCH'): Task {
    const { task } = this;
    if (task === null) throw new MemtrackError(code, syscall, `task ${this.#tid}`);
    return task;
  }
}

/** PTRACE_MODE_READ_FSCREDS, which root outside the model has. */
export function mayLook(reader: Reader, task: Task): boolean {
  return reader === null || ptraceMayRead(reader, task);
}

/**
 * The same as procfs's open calls it. EACCES: refused.
 */
export function demandLook(reader: Reader, task: Task, syscall: string): void {
  if (!mayLook(reader, task)) throw new MemtrackError('EACCES', syscall, `task ${task.tid}`);
}

/**
 * Type, mode and owner of a file of procfs (task_dump_owner): its task's effective ids, but root's if the task's memory is not
 * dumpable or gone. Directories that anyone may search keep the task's, so that ps can tell whose a process is.
 */
export function procStat(pid: ProcPid, type: PseudoStat['type'], mode: number, size = 0): PseudoStat {
  const task = pid.demand('stat', 'ENOENT');
  const open = type === 'directory' && mode === 0o555;
  const theirs = open || (task.alive && task.mm.dumpable === 1);
  const root = (task.alive ? task.mm.userNamespace.root : null) ?? { uid: 0, gid: 0 };
  const { uid, gid } = theirs ? { uid: task.credentials.uid.effective, gid: task.credentials.gid.effective } : root;
  return { type, mode, uid, gid, size };
}
