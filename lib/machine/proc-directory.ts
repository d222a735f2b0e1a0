import type { Task } from '../model/task.ts';
import { fixedDirectory, textLink } from './plain-nodes.ts';
import { NUMBER } from './proc-fd.ts';
import { ProcPid, procStat } from './proc-pid.ts';
import { groupEntries, threadEntries } from './proc-task.ts';
import type { ModelledSystem } from './pseudo-file-system.ts';
import type { PseudoDirectory, Reader } from './pseudo-node.ts';

/** /proc, as mounted in the reader's pid namespace: the processes, self and thread-self. */
export function procDirectory(system: ModelledSystem): PseudoDirectory {
  const { kernel } = system;
  const spaceOf = (reader: Reader): typeof kernel.pidNamespace => reader?.pidNamespace ?? kernel.pidNamespace;
  return {
    type: 'directory',
    names: (reader) => {
      const space = spaceOf(reader);
      const leaders = [...space.pids.values()].filter((task) => task === task.leader);
      const pids = leaders.map((task) => task.pidIn(space)).sort((a, b) => a - b);
      return ['self', 'thread-self', ...pids.map(String)];
    },
    entry: (name, reader) => {
      if (name === 'self') return textLink(() => selfOf(reader));
      if (name === 'thread-self') return textLink(() => threadOf(reader));
      // A thread's tid is found too, though it is not listed (proc_pid_lookup).
      const task = NUMBER.test(name) ? spaceOf(reader).pids.get(Number(name)) : undefined;
      if (task === undefined) return null;
      const pid = new ProcPid(task);
      const entries = { task: () => taskDirectory(system, pid, task), ...groupEntries(system, pid) };
      return fixedDirectory(entries, () => procStat(pid, 'directory', 0o555));
    },
  };
}

/** Root outside the model counts as init. */
function selfOf(reader: Reader): string {
  return String(reader === null ? 1 : reader.leader.pidIn(reader.pidNamespace));
}

function threadOf(reader: Reader): string {
  return `${selfOf(reader)}/task/${reader === null ? 1 : reader.pidIn(reader.pidNamespace)}`;
}

/** /proc/[pid]/task: the threads of the group, a leader that has ended among them. */
function taskDirectory(system: ModelledSystem, pid: ProcPid, { group }: Task): PseudoDirectory {
  const { kernel } = system;
  return {
    type: 'directory',
    names: (reader) => {
      const space = reader?.pidNamespace ?? kernel.pidNamespace;
      const threads = pid.task === null ? [] : [...new Set([group.leader, ...group.threads])];
      return threads.map((task) => String(task.pidIn(space)));
    },
    entry: (name, reader) => {
      const space = reader?.pidNamespace ?? kernel.pidNamespace;
      const thread = NUMBER.test(name) ? space.pids.get(Number(name)) : undefined;
      if (thread?.group !== group) return null;
      const its = new ProcPid(thread);
      return fixedDirectory(threadEntries(system, its), () => procStat(its, 'directory', 0o555));
    },
    stat: () => procStat(pid, 'directory', 0o555),
  };
}
