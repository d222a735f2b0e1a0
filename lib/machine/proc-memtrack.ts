import type { Tracker } from '../core/tracker.ts';
import type { Kernel } from '../model/kernel.ts';
import { demandLook, procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoFileNode } from './pseudo-node.ts';

/**
 * /proc/[pid]/memtrack, mode 0444. The posted patch asks nobody who he is; what it promised is for who may look into the task, as
 * maps is. A thread's own tree is always empty. ESRCH: the task has gone.
 */
export function memtrackFile(kernel: Kernel, tracker: Tracker, pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    open: (reader) => {
      const task = pid.demand('open');
      if (kernel.semantics === 'intended') demandLook(reader, task, 'open');
      return undefined;
    },
    read: () => {
      const task = pid.demand('read');
      // A leader that ended before its threads still stands for them; as posted, so does its tree when all are gone.
      const shows = task === task.leader && (task.group.alive || kernel.semantics === 'posted');
      const text = shows ? tracker.readMemtrack(task.key) : '';
      return { text, standIns: [] };
    },
    stat: () => procStat(pid, 'file', 0o444),
  };
}
