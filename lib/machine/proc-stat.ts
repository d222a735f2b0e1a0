import { PAGE } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import { formatStat, STAT } from '../procfs/stat.ts';
import type { StatColumns } from '../procfs/stat.ts';
import { formatStatm } from '../procfs/statm.ts';
import { statmOf } from './memory-figures.ts';
import { parentIn, stateOf, threadsOf } from './proc-status.ts';
import { mayLook, procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoFileNode, PseudoText, Reader } from './pseudo-node.ts';

const NO_LIMIT = 2n ** 64n - 1n;
const SIGCHLD = 17;
/** jiffies of /proc: clock ticks of 10 ms. */
const TICK = 10_000_000n;

/** /proc/[pid]/statm: zeros for a task without memory. */
export function statmFile(pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    read: () => {
      const task = pid.demand('read');
      const statm = task.alive ? statmOf(task.mm) : { size: 0, resident: 0, shared: 0, text: 0, data: 0 };
      return { text: formatStatm(statm), standIns: ['sizes are of shared buffers alone'] };
    },
    stat: () => procStat(pid, 'file', 0o444),
  };
}

/**
 * /proc/[pid]/stat. Everyone may read it, but addresses are there only for who may look into the task: others are told 1, 1 and 0
 * for where code starts and ends and where the stack starts.
 */
export function statFile(pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    read: (reader) => statText(pid.demand('read'), reader),
    stat: () => procStat(pid, 'file', 0o444),
  };
}

function statText(task: Task, reader: Reader): PseudoText {
  const space = reader?.pidNamespace ?? task.kernel.pidNamespace;
  const permitted = mayLook(reader, task);
  const columns: StatColumns = {
    [STAT.PPID]: parentIn(task, space),
    [STAT.TPGID]: -1,
    [STAT.PRIORITY]: 20,
    [STAT.THREADS]: threadsOf(task),
    [STAT.STARTTIME]: task.startTime / TICK,
    [STAT.RSSLIM]: NO_LIMIT,
    [STAT.EXIT_SIGNAL]: task === task.leader ? SIGCHLD : -1,
    ...(task.alive ? memoryColumns(task, permitted) : {}),
    ...(permitted && !task.alive ? { [STAT.EXIT_CODE]: exitCode(task) } : {}),
  };
  const text = formatStat({
    pid: task.pidIn(space),
    comm: task.comm ?? '',
    state: stateOf(task, reader)[0] ?? 'S',
    columns,
  });
  return { text, standIns: ['times, faults, signals and addresses are 0'] };
}

function memoryColumns({ mm }: Task, permitted: boolean): StatColumns {
  const { size, resident } = statmOf(mm);
  const hidden = permitted ? {} : { [STAT.STARTCODE]: 1, [STAT.ENDCODE]: 1 };
  return { [STAT.VSIZE]: size * PAGE, [STAT.RSS]: resident, ...hidden };
}

/** As wait4(2) would tell it. */
function exitCode({ group }: Task): number {
  if (group.alive) return 0;
  return group.killed ? (group.status ?? 0) : (group.status ?? 0) << 8;
}
