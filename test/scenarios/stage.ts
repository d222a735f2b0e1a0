/**
 * What the worked scenarios share. One buffer B of 8 MiB = 2,048 pages, whose dma-buf has inode 27 and whose memtrack id is 0, without
 * tag and name; P1 is process 100, P2 200, P3 300, P4 400.
 */
import { onTestFinished } from 'vitest';
import type { Snapshot } from '../../lib/core/snapshot.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import { File } from '../../lib/model/file.ts';
import { O } from '../../lib/model/flags.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { findHolding, rules, type RuleName } from '../../lib/rules/index.ts';

export type Semantics = 'intended' | 'posted';
export const BOTH: readonly Semantics[] = ['intended', 'posted'];

export const SIZE = 8_388_608;
export const PAGES = 2048;

/** A machine with memtrack's debug option, whose next dma-buf has inode 27. */
export function openMachine(semantics: Semantics): Machine {
  const kernel = new Machine({ semantics, memtrack: 'debug' });
  onTestFinished(() => kernel.close());
  const before = kernel.spawn({ pid: 2 });
  for (let inode = 1; inode < 27; inode++) before.close(kernel.dmaHeap('system').alloc(before, { size: 4096 }));
  before.exitGroup();
  return kernel;
}

/** Takes the fds below `below`, so that the next to be given out is that. */
export function fill(task: Task, below: number): void {
  for (let fd = 0; fd < below; fd++) task.files.installAt(task, fd, new File({ path: '/dev/null' }));
}

/** The fd of the socket at both ends of a connection. */
export const SOCKET = 20;

export function connect(left: Task, right: Task): void {
  const ends = Socket.pair(left.kernel);
  left.files.installAt(left, SOCKET, ends[0]);
  right.files.installAt(right, SOCKET, ends[1]);
}

/** Where P1 has /dev/ion, which it opens when it first allocates. */
export const DEVICE = 30;

/** ION_IOC_ALLOC: a new buffer of 8 MiB; answers the client's handle. */
export function allocate(kernel: Machine, task: Task): number {
  if (task.files.get(DEVICE) === null) {
    const fd = kernel.ion().open(task);
    task.dup3(fd, DEVICE, O.CLOEXEC);
    task.close(fd);
  }
  return kernel.ion().alloc(task, DEVICE, { size: SIZE });
}

/** A new buffer of 8 MiB whose only reference is a dma-buf at the lowest free fd: allocated, shared, and its handle freed. */
export function allocateShared(kernel: Machine, task: Task): { readonly fd: number; readonly buffer: Buffer } {
  const handle = allocate(kernel, task);
  const fd = kernel.ion().share(task, DEVICE, handle);
  task.setCloexec(fd, false);
  kernel.ion().free(task, DEVICE, handle);
  task.close(DEVICE);
  return { fd, buffer: task.file(fd).buffer! };
}

/** The handle of B in the tree of a task's leader; null without one. */
export function handleOf(task: Task, buffer: Buffer): { readonly kref: number; readonly vmas: number } | null {
  const { kernel } = task;
  kernel.flush();
  const { leaders, handles, buffers } = kernel.tracker!.snapshot();
  const id = buffers.id[buffers.key.indexOf(buffer.key)];
  const leader = leaders.task.indexOf(task.leader.key);
  for (let row = 0; row < handles.length; row++) {
    if (handles.leader[row] === leader && handles.buffer[row] === id)
      return { kref: handles.fds[row]!, vmas: handles.vmas[row]! };
  }
  return null;
}

export function userspaceHandles(kernel: Machine, buffer: Buffer): number {
  const { key, userspaceHandles: handles } = kernel.snapshot().buffers;
  return handles[key.indexOf(buffer.key)]!;
}

/** `count:` of fdinfo. */
export function countIn(kernel: Machine, task: Task, fd: number): number | undefined {
  const text = kernel.read(`/proc/${task.pid}/fdinfo/${fd}`);
  return parseFdinfo(text)?.dmaBuf?.count;
}

/** What a rule charges by pid, in bytes; processes that it charges nothing are left out. */
export function chargesOf(kernel: Machine, name: RuleName): Readonly<Record<number, number>> {
  const snapshot: Snapshot = kernel.snapshot();
  const { bytes } = rules[name](findHolding(snapshot));
  return Object.fromEntries(
    snapshot.processes.pid.flatMap((pid, row) => (bytes[row] === 0 ? [] : [[pid, bytes[row]!] as const])),
  );
}
