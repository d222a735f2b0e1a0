import type { Task } from './task.ts';

/** Soft RLIMIT_NOFILE that a process starts with. */
const NOFILE = 1024;

/** What all threads of a process share (struct signal_struct), and what stays of it when it has ended. */
export class ThreadGroup {
  /** Key of its first leader; never reused. */
  readonly key: number;
  /** tgid; another task may be its leader after exec. */
  pid: number;
  readonly startTime: bigint;
  leader: Task;
  /** The thread that would wait for it (real_parent); null: init, outside the model, which reaps at once. */
  parent: Task | null;
  /** Of all its threads; those of one thread in the order they came to it. */
  readonly children = new Set<ThreadGroup>();
  /** Live threads. */
  readonly threads: Task[] = [];
  /** Null while a thread lives. */
  endTime: bigint | null = null;
  /** Exit status, or the signal if killed; null: not known. */
  status: number | null = null;
  killed = false;
  /** It is not known how, or whether, it ended (a recording that does not show it). */
  uncertain = false;
  /** Orphans among its descendants come to it rather than to init (PR_SET_CHILD_SUBREAPER). */
  childSubreaper = false;
  /** Its pid is free again. */
  reaped = false;
  /** Soft RLIMIT_NOFILE; system calls obey it. */
  nofile: number;

  constructor(leader: Task, pid: number, parent: Task | null, startTime: bigint) {
    this.key = leader.key;
    this.pid = pid;
    this.leader = leader;
    this.parent = parent;
    this.startTime = startTime;
    this.nofile = parent?.group.nofile ?? NOFILE;
    parent?.group.children.add(this);
  }

  get alive(): boolean {
    return this.threads.length > 0;
  }

  /** The leader's, as ps shows. */
  get comm(): string | null {
    return this.leader.comm;
  }

  set comm(comm: string | null) {
    this.leader.comm = comm;
  }
}
