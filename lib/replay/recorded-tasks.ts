import { CLONE, CLONE_PTHREAD } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { inheritLate } from './inherit.ts';
import type { Losses } from './losses.ts';
import { HiddenFile } from './recorded-file.ts';

/** Standard input, output and error, which every process is started with. */
const STANDARD_FDS = 3;

/** What a recording said of a task before anything it did. */
interface Introduction {
  readonly tid: number;
  /** 0: not known. */
  readonly tgid: number;
}

/**
 * The tasks of a recording by their keys. One whose start was not recorded comes to be at its first event, with standard
 * descriptors of unknown kind.
 */
export class RecordedTasks {
  readonly #kernel: Kernel;
  readonly #losses: Losses;
  readonly #tasks: (Task | undefined)[] = [];
  readonly #introduced: (Introduction | undefined)[] = [];
  /** Leaders that only their threads have shown. */
  readonly #assumed = new Set<Task>();
  /** Tasks that turned out to be threads, and what goes on for them. */
  readonly #joined = new WeakMap<Task, Task>();

  constructor(kernel: Kernel, losses: Losses) {
    this.#kernel = kernel;
    this.#losses = losses;
  }

  introduce(key: number, tid: number, tgid: number): void {
    const task = this.#tasks[key];
    if (task === undefined) {
      this.#introduced[key] = { tid, tgid };
      return;
    }
    if (tid !== 0 && task.tid !== tid && task.alive) {
      this.#makeRoom(tid);
      if (task.alive) this.#kernel.renumber(task, tid);
    }
    if (tgid !== 0 && task.alive && task.pid !== tgid && task.group.threads.length === 1) this.#join(key, task, tgid);
  }

  /** The task that goes on for one that turned out to be a thread. */
  current(task: Task): Task {
    let current = task;
    for (let next = this.#joined.get(current); next !== undefined; next = this.#joined.get(current)) current = next;
    return current;
  }

  /** What was taken for a process is a thread of another. */
  #join(key: number, task: Task, tgid: number): void {
    this.#losses.count('task_joined_late');
    const leader = this.#kernel.task(tgid)?.group.threads[0] ?? this.#assume(tgid);
    const { group, tid, comm } = task;
    inheritLate(task, leader, 0);
    task.exit(null);
    this.#kernel.forgetGroup(group);
    const thread = leader.clone(CLONE_PTHREAD, { pid: tid });
    thread.comm = comm;
    this.#tasks[key] = thread;
    this.#joined.set(task, thread);
  }

  /** The living task; null, counted, for one that has ended or was never introduced. */
  get(key: number): Task | null {
    const task = this.#tasks[key];
    if (task === undefined) return this.#begin(key);
    if (task.alive) return task;
    this.#losses.count('task_event_after_end');
    return null;
  }

  /** The task, alive or not. */
  peek(key: number): Task | undefined {
    return this.#tasks[key];
  }

  /** A clone was seen. */
  clone(parent: Task, key: number, flags: number): void {
    const known = this.#tasks[key];
    if (known !== undefined) {
      this.#losses.count('clone_late');
      if (known.alive && known !== parent) inheritLate(parent, known, flags);
      return;
    }
    const tid = this.#introduced[key]?.tid;
    if (tid !== undefined) this.#makeRoom(tid);
    if (!parent.alive) {
      this.#losses.count('clone_contradicted');
      return;
    }
    const asked = flags & ~IRRELEVANT;
    const legal = legalFlags(parent, asked);
    if (legal !== asked) this.#losses.count('clone_refused');
    this.#tasks[key] = parent.clone(legal, tid === undefined ? {} : { pid: tid });
    this.#introduced[key] = undefined;
  }

  #begin(key: number): Task | null {
    const introduction = this.#introduced[key];
    if (introduction === undefined) {
      this.#losses.count('task_unknown');
      return null;
    }
    const { tid, tgid } = introduction;
    const task = this.#assumedLeader(tid) ?? this.#adopt(tid, tgid);
    this.#tasks[key] = task;
    this.#introduced[key] = undefined;
    return task;
  }

  #assumedLeader(tid: number): Task | null {
    const task = this.#kernel.task(tid);
    return task !== undefined && this.#assumed.delete(task) && task.alive ? task : null;
  }

  #adopt(tid: number, tgid: number): Task {
    this.#losses.count('task_without_start');
    this.#makeRoom(tid);
    if (tgid !== 0 && tgid !== tid) {
      return (this.#kernel.task(tgid)?.group.threads[0] ?? this.#assume(tgid)).clone(CLONE_PTHREAD, { pid: tid });
    }
    return this.#spawn(tid);
  }

  #assume(tgid: number): Task {
    const leader = this.#spawn(tgid);
    this.#assumed.add(leader);
    return leader;
  }

  #spawn(pid: number): Task {
    const task = this.#kernel.spawn({ pid });
    for (let fd = 0; fd < STANDARD_FDS; fd++) task.files.installAt(task, fd, new HiddenFile());
    return task;
  }

  /** A live task with that tid cannot be: its end was lost. */
  #makeRoom(tid: number): void {
    const owner = this.#kernel.task(tid);
    if (owner === undefined || !owner.group.alive) return;
    this.#losses.count('task_pid_taken');
    const { group } = owner;
    if (owner === group.leader) {
      group.threads[0]!.exitGroup(null);
      group.uncertain = true;
    } else {
      owner.exit(null);
    }
  }
}

/** What says where to put numbers, and System V semaphores: nothing that is modelled. clone3(2) takes more of them together. */
const IRRELEVANT = CLONE.PIDFD | CLONE.PARENT_SETTID | CLONE.DETACHED | CLONE.SYSVSEM;

/** What kernel_clone would refuse cannot have been observed; the rest is kept. */
function legalFlags(parent: Task, flags: number): number {
  let legal = flags;
  if ((legal & CLONE.VM) === 0) legal &= ~(CLONE.SIGHAND | CLONE.THREAD);
  if ((legal & CLONE.SIGHAND) === 0) legal &= ~CLONE.THREAD;
  if ((legal & CLONE.FS) !== 0) legal &= ~(CLONE.NEWNS | CLONE.NEWUSER);
  if ((legal & CLONE.THREAD) !== 0) legal &= ~(CLONE.NEWUSER | CLONE.NEWPID);
  if (parent.pidNamespace !== parent.pidNamespaceForChildren) legal &= ~CLONE.THREAD;
  if (parent.pidNamespace.init === parent.group) legal &= ~CLONE.PARENT;
  return legal;
}
