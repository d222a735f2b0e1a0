import type { Buffer } from '../model/buffer.ts';
import { formatBufinfo } from '../procfs/bufinfo.ts';
import { dmaBufCount, isDmaBuf } from './dma-buf-file.ts';
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
  const objects = buffers
    .flatMap((buffer) => (buffer.kind === 'ion' ? buffer.openFiles : buffer.openFiles.slice(0, 1)))
    .filter(isDmaBuf)
    // The newest first (__dma_buf_debugfs_list_add).
    .toReversed()
    .map((file) => ({ file, buffer: file.buffer! }))
    .map(({ file, buffer }) => ({
      size: standIns.size(buffer),
      flags: file.flags,
      mode: standIns.use(0x80007, 'mode is 00080007'),
      count: dmaBufCount(file),
      exporter: buffer.exporter.name,
      inode: standIns.inode(file),
      name: buffer.name,
      fences: [],
      attachments: [],
    }));
  if (objects.length > 0) standIns.use(null, 'fences and attached devices are not in the recording');
  return { text: formatBufinfo(objects), standIns: standIns.list };
}
