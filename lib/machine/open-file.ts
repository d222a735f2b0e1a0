import { MemtrackError } from '../core/errors.ts';
import type { File } from '../model/file.ts';
import type { PseudoFileNode, PseudoStat } from './pseudo-node.ts';

/** The file behind a link of procfs. Its contents are not in the model; a dma-buf's inode cannot be opened at all (no_open). */
export function openFile(file: File): PseudoFileNode {
  const refuse = (): never => {
    throw new MemtrackError('ENXIO', 'open', file.link);
  };
  return { type: 'file', permission: () => undefined, open: refuse, read: refuse, stat: () => statFile(file) };
}

/** Of a dma-buf, st_blocks is its size in blocks rounded down (dma_buf_export). */
function statFile({ buffer, identity, isDmaBuf, operations }: File): PseudoStat {
  const size = operations.anonymousInode === true ? 0 : (buffer?.size ?? 0);
  return {
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size,
    ...(isDmaBuf ? { blocks: Math.floor(size / 512) } : {}),
    ...(identity === null ? {} : { inode: identity.inode, dev: identity.dev }),
  };
}
