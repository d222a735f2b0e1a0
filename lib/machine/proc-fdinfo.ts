import type { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import { Socket } from '../model/socket.ts';
import { formatFdinfo } from '../procfs/fdinfo.ts';
import type { PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** /proc/[pid]/fdinfo/N of a descriptor of this file. */
export function fdinfoText(file: File, cloexec: boolean): PseudoText {
  const standIns = new StandIns();
  const { buffer } = file;
  const text = formatFdinfo({
    pos: standIns.use(file.pos, 'pos is 0'),
    flags:
      buffer === null && !(file instanceof Socket) && file.operations.showFdinfo === undefined
        ? standIns.use(0, 'flags of files that are no buffers are 0')
        : file.flags | (cloexec ? O.CLOEXEC : 0),
    mountId: standIns.use(0, 'mnt_id is 0'),
    inode: standIns.inode(file),
    other: file.operations.showFdinfo?.(file) ?? '',
    scmFds: file instanceof Socket ? file.inFlight : null,
    dmaBuf:
      buffer === null || !hasDmaBufLines(file)
        ? null
        : {
            size: standIns.size(buffer),
            count: buffer.kind === 'ion' ? file.refs : buffer.refs,
            exporter: buffer.exporter.name,
            name: file.name,
          },
  });
  return { text, standIns: standIns.list };
}

/** dma_buf_show_fdinfo came with the inodes (5.3). */
function hasDmaBufLines(file: File): boolean {
  return file.isDmaBuf && file.operations.anonymousInode !== true;
}
