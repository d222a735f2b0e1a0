import type { Task } from './task.ts';

/** RLIMIT_NOFILE that a process starts with: INR_OPEN_CUR and INR_OPEN_MAX. */
const NOFILE = 1024;
const NOFILE_MAX = 4096;

const SIGCHLD = 17;

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
  /** Its pid is free again. */
  reaped = false;
  /** Soft RLIMIT_NOFILE; system calls obey it. `Task.setrlimit` changes it as the system call does. */
  nofile: number;
  /** Hard RLIMIT_NOFILE. */
  nofileMax: number;
  /** Sent to the parent when it ends; one that is not SIGCHLD makes it a child for __WCLONE. */
  exitSignal = SIGCHLD;
  /** PR_SET_CHILD_SUBREAPER: orphans below it come to it instead of to init. */
  subreaper = false;

  constructor(leader: Task, pid: number, parent: Task | null, startTime: bigint) {
    this.key = leader.key;
    this.pid = pid;
    this.leader = leader;
    this.parent = parent;
    this.startTime = startTime;
    this.nofile = parent?.group.nofile ?? NOFILE;
    this.nofileMax = parent?.group.nofileMax ?? NOFILE_MAX;
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
