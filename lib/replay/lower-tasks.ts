import { FLAG, OP } from '../core/record.ts';
import type { FdTable } from '../model/fd-table.ts';
import type { Handler, Lowering } from './lowering.ts';
import { UnmarkedFile } from './recorded-file.ts';

/** TASK_COMM_LEN without the NUL. */
const COMM_BYTES = 15;

/** sched_exec: comm is the last part of the path, cut. */
function commOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const bytes = Buffer.from(name);
  return bytes.length <= COMM_BYTES
    ? name
    : bytes
        .subarray(0, COMM_BYTES)
        .toString()
        .replace(/\ufffd+$/, '');
}

const task: Handler = (run, words, at) => {
  run.tasks.introduce(words[at + 4]!, words[at + 6]!, words[at + 2]!);
};

const clone: Handler = (run, words, at) => {
  run.stamp(at);
  const parent = run.task(words, at);
  if (parent !== null) run.tasks.clone(parent, words[at + 6]!, words[at + 2]!);
};

const execve: Handler = (run, words, at) => {
  run.stamp(at);
  const path = run.strings.get(words[at + 6]!);
  const executing = run.task(words, at);
  if (executing === null) return;
  executing.exec(path === null ? undefined : commOf(path));
  run.holds.clear(executing.group);
  if (executing.files.openFds > 0 && !run.identities.closesShown) doubtUnmarked(run, executing.files);
};

/** Descriptors that may have been close-on-exec are no longer known to be open. */
function doubtUnmarked(run: Lowering, files: FdTable): void {
  for (let fd = 0; fd < files.limit; fd++) {
    const file = files.get(fd);
    if (!(file instanceof UnmarkedFile) || file.fd !== fd) continue;
    files.setInferred(fd, true);
    run.losses.count('exec_cloexec_unknown');
  }
}

const taskExit: Handler = (run, words, at) => {
  run.stamp(at);
  const ending = run.task(words, at);
  if (ending === null) return;
  const flags = words[at + 7]! >>> 16;
  const status = (flags & FLAG.noStatus) !== 0 ? null : words[at + 6]!;
  if ((flags & FLAG.killed) !== 0) ending.kill(status);
  else if ((flags & FLAG.group) !== 0) ending.exitGroup(status);
  else ending.exit(status);
};

const status: Handler = (run, words, at) => {
  const ended = run.tasks.peek(words[at + 4]!);
  if (ended === undefined) {
    run.losses.count('task_unknown');
    return;
  }
  if (ended !== ended.leader) return;
  ended.group.killed = ((words[at + 7]! >>> 16) & FLAG.killed) !== 0;
  ended.group.status = words[at + 6]!;
};

const comm: Handler = (run, words, at) => {
  const named = run.task(words, at);
  if (named !== null) named.comm = run.strings.get(words[at + 6]!);
};

const unshareFiles: Handler = (run, words, at) => {
  run.stamp(at);
  run.task(words, at)?.unshareFiles();
};

/** Tasks come to be, change their program, and end. */
export const taskHandlers = {
  [OP.task]: task,
  [OP.clone]: clone,
  [OP.execve]: execve,
  [OP.taskExit]: taskExit,
  [OP.status]: status,
  [OP.comm]: comm,
  [OP.unshareFiles]: unshareFiles,
} as const;
