import { CLONE_PTHREAD } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
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

  constructor(kernel: Kernel, losses: Losses) {
    this.#kernel = kernel;
    this.#losses = losses;
  }

  introduce(key: number, tid: number, tgid: number): void {
    const task = this.#tasks[key];
    if (task === undefined) this.#introduced[key] = { tid, tgid };
    else if (tid !== 0 && task.tid !== tid) {
      this.#makeRoom(tid);
      this.#kernel.renumber(task, tid);
    }
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
  clone(parent: Task, key: number, flags: number, legal: number): void {
    const tid = this.#introduced[key]?.tid;
    if (tid !== undefined && tid !== 0) this.#makeRoom(tid);
    const options = tid === undefined ? {} : { pid: tid };
    if (legal !== flags) this.#losses.count('clone_refused');
    this.#tasks[key] = parent.clone(legal, options);
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
      const found = this.#kernel.task(tgid);
      const leader = found?.alive === true ? found : this.#spawn(tgid);
      if (leader !== found) this.#assumed.add(leader);
      return leader.clone(CLONE_PTHREAD, { pid: tid });
    }
    return this.#spawn(tid);
  }

  #spawn(pid: number): Task {
    const task = this.#kernel.spawn({ pid });
    for (let fd = 0; fd < STANDARD_FDS; fd++) task.files.installAt(task, fd, new HiddenFile());
    return task;
  }

  /** A live task with that tid cannot be: its end was lost. */
  #makeRoom(tid: number): void {
    const owner = this.#kernel.task(tid);
    if (owner?.alive !== true) return;
    this.#losses.count('task_pid_taken');
    if (owner === owner.leader) {
      const { group } = owner;
      owner.exitGroup(null);
      group.uncertain = true;
    } else {
      owner.exit(null);
    }
  }
}
