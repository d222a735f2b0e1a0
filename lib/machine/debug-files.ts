import type { Buffer } from '../model/buffer.ts';
import type { File } from '../model/file.ts';
import { formatBufinfo } from '../procfs/bufinfo.ts';
import type { ModelledSystem, PseudoFileSystem } from './pseudo-file-system.ts';
import { textFile } from './plain-nodes.ts';
import type { PseudoFileNode, PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/**
 * /sys/kernel/debug/memtrack. CONFIG_MEMTRACK_DEBUG makes it; a recording of commands, which has no kernel, is read as if it
 * were set.
 */
export function debugMemtrack({ kernel, tracker }: PseudoFileSystem): PseudoFileNode | null {
  if (tracker === null || (kernel !== null && kernel.memtrack !== 'debug')) return null;
  return textFile(() => tracker.readDebugfs());
}

/** /sys/kernel/debug/dma_buf/bufinfo. */
export function bufinfoFile({ kernel }: ModelledSystem): PseudoFileNode {
  return { type: 'file', read: () => bufinfoText([...kernel.buffers.values()]) };
}

function bufinfoText(buffers: readonly Buffer[]): PseudoText {
  const standIns = new StandIns();
  const objects = newestFirst(buffers).map(([buffer, file]) => ({
    size: standIns.size(buffer),
    flags: (file ?? buffer.openFiles[0])?.flags ?? 0,
    mode: standIns.use(0x80007, 'mode is 00080007'),
    count: (file ?? buffer).refs,
    exporter: buffer.exporter.name,
    inode: standIns.inode(file ?? buffer),
    name: (file ?? buffer).name,
    fences: [],
    attachments: buffer.attachments,
  }));
  if (objects.length > 0) standIns.use(null, 'fences, and devices that a recording does not tell of, are left out');
  return { text: formatBufinfo(objects), standIns: standIns.list };
}

/** As __dma_buf_debugfs_list_add has them: by inode where ION shared buffers long after they were made, else by age. */
function newestFirst(buffers: readonly Buffer[]): readonly (readonly [Buffer, File | null])[] {
  const dmaBufs = buffers
    .toReversed()
    .flatMap((buffer): readonly (readonly [Buffer, File | null])[] =>
      buffer.kind === 'ion'
        ? buffer.openFiles.map((file) => [buffer, file] as const)
        : buffer.kind === 'dma-buf'
          ? [[buffer, null]]
          : [],
    );
  if (dmaBufs.every(([, file]) => file === null)) return dmaBufs;
  const inode = ([buffer, file]: readonly [Buffer, File | null]): number =>
    (file === null ? buffer.files[0]?.inode : file.identity?.inode) ?? 0;
  return dmaBufs.toSorted((a, b) => inode(b) - inode(a));
}
