/** What /proc shows of a task of the model, in the words of observe.c. */
import { O } from '../../lib/model/flags.ts';
import type { File } from '../../lib/model/file.ts';
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
  const inFlight = socket?.queue.reduce((sum, message) => sum + message.pending, 0) ?? 0;
  return `f ${fd} ${file.flags & O.ACCMODE} ${Number(cloexec)} ${file.buffer?.size ?? 0} ${inFlight} ${link}\n`;
}

function showVma(vma: Vma): string {
  const [start, end, offset] = [vma.start, vma.end, vma.offset].map((at) => at.toString(16).padStart(8, '0'));
  return `m ${start}-${end} ${vma.perms} ${offset} ${vma.file.link}\n`;
}
