import type { Kernel } from '../model/kernel.ts';
import { fixedDirectory, textFile } from './plain-nodes.ts';
import type { PseudoDirectory } from './pseudo-node.ts';

/**
 * /sys/kernel/dmabuf/buffers, of kernels with CONFIG_DMABUF_SYSFS_STATS (5.13 and later): a directory per dma-buf, by its inode
 * number, that appears with its export and goes with its release (dma_buf_stats_setup).
 *
 * @example
 * kernel.mount('/sys/kernel/dmabuf/buffers', dmabufStats(kernel));
 * kernel.dmaHeap('system').alloc(task, { size: 4096 });
 * kernel.list('/sys/kernel/dmabuf/buffers'); // ['1']
 * kernel.read('/sys/kernel/dmabuf/buffers/1/size') === '4096\n';
 */
export function dmabufStats(kernel: Kernel): PseudoDirectory {
  const entries = (): ReadonlyMap<string, PseudoDirectory> =>
    new Map(
      [...kernel.buffers.values()].flatMap((buffer) => {
        const inode = buffer.kind === 'dma-buf' ? (buffer.files[0]?.inode ?? null) : null;
        return inode === null ? [] : [[String(inode), entryOf(buffer.exporter.name, buffer.size ?? 0)] as const];
      }),
    );
  return {
    type: 'directory',
    names: () => [...entries().keys()],
    entry: (name) => entries().get(name) ?? null,
  };
}

function entryOf(exporter: string, size: number): PseudoDirectory {
  return fixedDirectory({
    exporter_name: () => textFile(() => `${exporter}\n`),
    size: () => textFile(() => `${size}\n`),
  });
}
