import type { Task } from '../model/task.ts';
import { formatDmabufFds } from '../procfs/dmabuf-fds.ts';
import type { PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** /proc/[pid]/task/[tid]/dmabuf_fds. */
export function dmabufFdsText(task: Task): PseudoText {
  const standIns = new StandIns();
  const { files } = task;
  const inodes: number[] = [];
  const shared = task !== task.leader && task.leader.alive && task.leader.files === files;
  for (let fd = 0; !shared && fd < files.limit; fd++) {
    const buffer = files.get(fd)?.buffer;
    if (buffer?.kind === 'dma-buf') inodes.push(standIns.inode(buffer));
  }
  return { text: formatDmabufFds(inodes), standIns: standIns.list };
}
