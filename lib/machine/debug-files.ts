import type { Buffer } from '../model/buffer.ts';
import type { File } from '../model/file.ts';
import { formatBufinfo } from '../procfs/bufinfo.ts';
import type { BufinfoForm } from '../procfs/bufinfo.ts';
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
export function bufinfoFile({ kernel }: ModelledSystem, form: BufinfoForm): PseudoFileNode {
  return { type: 'file', read: () => bufinfoText([...kernel.buffers.values()], form) };
}

/** A dma-buf; `file` null: the only one of its buffer, which a recording may know by several. */
interface Entry {
  readonly buffer: Buffer;
  readonly file: File | null;
}

function bufinfoText(buffers: readonly Buffer[], form: BufinfoForm): PseudoText {
  const standIns = new StandIns();
  const objects = newestFirst(buffers).map(({ buffer, file }) => ({
    size: standIns.size(buffer),
    flags: (file ?? buffer.openFiles[0])?.flags ?? 0,
    mode: standIns.use(0x80007, 'mode is 00080007'),
    count: file?.refs ?? buffer.refs,
    exporter: buffer.exporter.name,
    inode: standIns.inode(file ?? buffer),
    name: (file ?? buffer).name,
    fences: [],
    attachments: buffer.attachments.filter((one) => file === null || one.file === file).map(({ device }) => device),
  }));
  if (objects.length > 0) standIns.use(null, 'fences, and devices that a recording does not tell of, are left out');
  return { text: formatBufinfo(objects, form), standIns: standIns.list };
}

/** As __dma_buf_debugfs_list_add has them: by inode where ION shared buffers long after they were made, else by age. */
function newestFirst(buffers: readonly Buffer[]): readonly Entry[] {
  const entries = buffers.toReversed().flatMap((buffer): readonly Entry[] => {
    if (buffer.kind === 'ion') return buffer.openFiles.map((file) => ({ buffer, file }));
    return buffer.kind === 'dma-buf' ? [{ buffer, file: null }] : [];
  });
  if (entries.every(({ file }) => file === null)) return entries;
  const inode = ({ buffer, file }: Entry): number =>
    (file === null ? buffer.files[0]?.inode : file.identity?.inode) ?? 0;
  return entries.toSorted((a, b) => inode(b) - inode(a));
}
