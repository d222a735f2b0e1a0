/**
 * What the worked scenarios share. One buffer B of 8 MiB = 2,048 pages, whose dma-buf has inode 27 and whose memtrack id is 0, without
 * tag and name; P1 is process 100, P2 200, P3 300, P4 400.
 */
import { onTestFinished } from 'vitest';
import type { Snapshot } from '../../lib/core/snapshot.ts';
import { DmaBufExporter } from '../../lib/drivers/dma-buf.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import type { Exporter } from '../../lib/model/exporter.ts';
import { File } from '../../lib/model/file.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { findHolding, rules, type RuleName } from '../../lib/rules/index.ts';

export type Semantics = 'intended' | 'posted';
export const BOTH: readonly Semantics[] = ['intended', 'posted'];

export const SIZE = 8_388_608;
export const PAGES = 2048;

/** A machine with memtrack's debug option. */
export function openMachine(semantics: Semantics): Machine {
  const kernel = new Machine({ semantics, memtrack: 'debug' });
  onTestFinished(() => kernel.close());
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

/** An exporter that memtrack tracks in both semantics. */
const TRACKED: Exporter = { name: 'ion', kind: 'dma-buf', memtrack: true };

/** The file of a new buffer with that inode. */
export function openBuffer(kernel: Machine, creator: Task, inode = 27): File {
  const buffer = kernel.createBuffer(TRACKED, { size: SIZE, creator, files: [{ dev: '0:11', inode }] });
  return new File({ buffer, operations: new DmaBufExporter('ion').operations });
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
