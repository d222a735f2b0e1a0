import type { Task } from '../model/task.ts';
import { dmabufFdsText } from './proc-dmabuf-fds.ts';
import { fdDirectory, fdinfoDirectory, NUMBER } from './proc-fd.ts';
import { mapsText } from './proc-maps.ts';
import type { ModelledSystem } from './pseudo-file-system.ts';
import { fixedDirectory, textFile, textLink } from './pseudo-node.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoNode, Reader } from './pseudo-node.ts';

type Makers = Readonly<Record<string, () => PseudoNode | null>>;

/** /proc: the processes, self and thread-self. */
export function procDirectory(system: ModelledSystem): PseudoDirectory {
  const { kernel } = system;
  return {
    type: 'directory',
    names: () => [
      'self',
      'thread-self',
      ...[...kernel.tasks()]
        .filter((task) => task === task.leader)
        .map((task) => task.tid)
        .sort((a, b) => a - b)
        .map(String),
    ],
    entry: (name) => {
      if (name === 'self') return textLink((reader) => String(reader?.pid ?? 1));
      if (name === 'thread-self') return textLink((reader) => selfThread(reader));
      // A thread's tid is found too, though it is not listed (proc_pid_lookup).
      const task = NUMBER.test(name) ? kernel.task(Number(name)) : undefined;
      return task === undefined ? null : fixedDirectory(groupEntries(system, task));
    },
  };
}

function selfThread(reader: Reader): string {
  return reader === null ? '1/task/1' : `${reader.pid}/task/${reader.tid}`;
}

/** Of /proc/[pid], in the order of tgid_base_stuff. */
function groupEntries(system: ModelledSystem, task: Task): Makers {
  return {
    task: () => taskDirectory(system, task),
    fd: () => fdDirectory(task),
    fdinfo: () => fdinfoDirectory(task),
    comm: () => textFile(() => `${task.comm ?? ''}\n`),
    maps: () => mapsFile(task),
    memtrack: () => memtrackFile(system, task),
  };
}

/** Of /proc/[pid]/task/[tid], in the order of tid_base_stuff. */
function threadEntries(task: Task): Makers {
  return {
    fd: () => fdDirectory(task),
    fdinfo: () => fdinfoDirectory(task),
    comm: () => textFile(() => `${task.comm ?? ''}\n`),
    maps: () => mapsFile(task),
    dmabuf_fds: () => (task.alive ? { type: 'file', read: () => dmabufFdsText(task) } : null),
  };
}

/** /proc/[pid]/task: the threads of the group, a leader that has ended among them. */
function taskDirectory({ kernel }: ModelledSystem, task: Task): PseudoDirectory {
  const { group } = task;
  return {
    type: 'directory',
    names: () => [...new Set([group.leader, ...group.threads])].map(({ tid }) => String(tid)),
    entry: (name) => {
      const thread = NUMBER.test(name) ? kernel.task(Number(name)) : undefined;
      return thread?.group === group ? fixedDirectory(threadEntries(thread)) : null;
    },
  };
}

function mapsFile(task: Task): PseudoFileNode {
  return { type: 'file', read: () => mapsText(task) };
}

function memtrackFile({ tracker }: ModelledSystem, task: Task): PseudoFileNode | null {
  if (tracker === null) return null;
  return textFile(() => (task.alive && task === task.leader ? tracker.readMemtrack(task.key) : ''));
}
