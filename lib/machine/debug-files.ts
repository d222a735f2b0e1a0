import type { Buffer } from '../model/buffer.ts';
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
  // The newest first (__dma_buf_debugfs_list_add).
  const objects = buffers
    .toReversed()
    .filter(({ kind }) => kind === 'dma-buf')
    .map((buffer) => ({
      size: standIns.size(buffer),
      flags: buffer.openFiles[0]?.flags ?? 0,
      mode: standIns.use(0x80007, 'mode is 00080007'),
      count: buffer.refs,
      exporter: buffer.exporter.name,
      inode: standIns.inode(buffer),
      name: buffer.name,
      fences: [],
      attachments: buffer.attachments,
    }));
  if (objects.length > 0) standIns.use(null, 'fences, and devices that a recording does not tell of, are left out');
  return { text: formatBufinfo(objects), standIns: standIns.list };
}
