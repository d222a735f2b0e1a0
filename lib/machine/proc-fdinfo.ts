import type { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import { Socket } from '../model/socket.ts';
import { formatFdinfo } from '../procfs/fdinfo.ts';
import { dmaBufCount, isDmaBuf } from './dma-buf-file.ts';
import type { PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** /proc/[pid]/fdinfo/N of a descriptor of this file. */
export function fdinfoText(file: File, cloexec: boolean): PseudoText {
  const standIns = new StandIns();
  const { buffer } = file;
  const text = formatFdinfo({
    pos: standIns.use(0, 'pos is 0'),
    flags:
      buffer === null && !(file instanceof Socket) && file.operations.showFdinfo === undefined
        ? standIns.use(0, 'flags of files that are no buffers are 0')
        : file.flags | (cloexec ? O.CLOEXEC : 0),
    mountId: standIns.use(0, 'mnt_id is 0'),
    inode: standIns.inode(file),
    other: file.operations.showFdinfo?.(file) ?? '',
    scmFds: file instanceof Socket ? file.queue.reduce((sum, message) => sum + message.pending, 0) : null,
    dmaBuf:
      buffer === null || !isDmaBuf(file)
        ? null
        : {
            size: standIns.size(buffer),
            count: dmaBufCount(file),
            exporter: buffer.exporter.name,
            name: buffer.name,
          },
  });
  return { text, standIns: standIns.list };
}
