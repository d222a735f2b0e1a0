import { AddressSpace } from './address-space.ts';
import { takeOnCredentials } from './exec-credentials.ts';
import type { Program } from './exec-credentials.ts';
import { endTask } from './exit.ts';
import { commOf } from './process-control.ts';
import type { Task } from './task.ts';

const SIGCHLD = 17;

/**
 * execve(2), in the order of begin_new_exec: a shared table is copied, the other threads end, the task takes over the leader's
 * pid, its address space is replaced, and close-on-exec fds are closed. The core does all but the last by one command.
 */
export function exec(task: Task, comm?: string | null, program: Program = {}): void {
  const { kernel, group, files } = task;
  kernel.accounting.exec(task.key);
  if (files.users.length > 1) task.switchFiles(files.copy());
  for (const other of group.threads.slice()) if (other !== task) endTask(other);
  if (group.leader !== task) {
    kernel.takePid(task, group.leader);
    group.leader = task;
  }
  task.switchMm(new AddressSpace(kernel));
  task.mm.userNamespace = task.credentials.userNamespace;
  takeOnCredentials(task, program);
  task.files.closeOnExec(task);
  group.exitSignal = SIGCHLD;
  if (comm !== undefined) task.comm = comm === null ? null : commOf(comm);
}
