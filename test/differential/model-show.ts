/** What /proc shows of a task of the model, in the words of observe.c. */
import { O } from '../../lib/model/flags.ts';
import type { File } from '../../lib/model/file.ts';
import { Epoll } from '../../lib/drivers/epoll.ts';
import { IoUring } from '../../lib/drivers/io-uring.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Vma } from '../../lib/model/vma.ts';
import type { Names } from './model-side.ts';

export function showTask(task: Task, names: Names): string {
  if (!task.alive) return '';
  const { files, mm } = task;
  let text = '';
  for (let fd = 0; fd < files.limit; fd++) {
    const file = files.get(fd);
    if (file !== null) text += showFd(fd, file, files.cloexec(fd), names);
  }
  for (const vma of mm.vmas) text += showVma(vma);
  return text;
}

function showFd(fd: number, file: File, cloexec: boolean, names: Names): string {
  const socket = file instanceof Socket ? file : null;
  const link = socket === null ? file.link : `socket:${names.sockets.get(socket)}`;
  const inFlight = socket?.inFlight ?? 0;
  return `f ${fd} ${file.flags & O.ACCMODE} ${Number(cloexec)} ${file.buffer?.size ?? 0} ${inFlight} ${link}${kept(file)}\n`;
}

/** What an epoll file watches, or which slots of how many a ring has filled. */
function kept(file: File): string {
  if (file instanceof Epoll) return [' watches', ...file.watched].join(' ');
  if (!(file instanceof IoUring)) return '';
  return [` of ${file.slots?.length ?? 0} has`, ...file.registered.map(({ slot }) => slot)].join(' ');
}

function showVma(vma: Vma): string {
  const [start, end, offset] = [vma.start, vma.end, vma.offset].map((at) => at.toString(16).padStart(8, '0'));
  return `m ${start}-${end} ${vma.perms} ${offset} ${vma.file.link}\n`;
}
