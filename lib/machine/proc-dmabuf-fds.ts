import { MemtrackError } from '../core/errors.ts';
import type { Task } from '../model/task.ts';
import { formatDmabufFds } from '../procfs/dmabuf-fds.ts';
import { demandLook, procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoFileNode, PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/**
 * /proc/[pid]/task/[tid]/dmabuf_fds: for who may look into the task when it is opened; nobody is asked again. ESRCH: the task has
 * gone.
 */
export function dmabufFdsFile(pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    open: (reader) => {
      demandLook(reader, pid.demand('open'), 'open');
      return undefined;
    },
    read: () => dmabufFdsText(pid.demand('read')),
    stat: () => procStat(pid, 'file', 0o444),
  };
}

/**
 * Nothing for a thread with its leader's table. A leader that has ended has none, so that every thread that shared it shows the
 * same; an ended task has none of its own to show (the patch would follow a null pointer).
 */
function dmabufFdsText(task: Task): PseudoText {
  const standIns = new StandIns();
  if (!task.alive) throw new MemtrackError('ESRCH', 'read', `task ${task.tid} has no files`);
  const { files, leader } = task;
  const inodes: number[] = [];
  const shared = task !== leader && leader.alive && leader.files === files;
  for (let fd = 0; !shared && fd < files.limit; fd++) {
    const file = files.get(fd);
    if (file?.isDmaBuf === true) inodes.push(standIns.inode(file));
  }
  return { text: formatDmabufFds(inodes), standIns: standIns.list };
}
