import type { Tracker } from '../core/tracker.ts';
import type { DmaBufs } from '../drivers/dma-buf.ts';
import { buffersDirectory } from './dmabuf-sysfs.ts';
import { bufinfoFile, debugMemtrack } from './debug-files.ts';
import { procDirectory } from './proc-directory.ts';
import type { ModelledSystem, PseudoFileSystem } from './pseudo-file-system.ts';
import { fixedDirectory, textFile } from './plain-nodes.ts';
import type { PseudoDirectory } from './pseudo-node.ts';
import { PseudoTree } from './pseudo-tree.ts';

/** What every kernel shows, modelled or replayed; drivers mount more. */
export function machineTree(system: PseudoFileSystem, dmaBufs: DmaBufs | null = null): PseudoTree {
  const { kernel, tracker } = system;
  const tree = new PseudoTree(() => kernel?.flush());
  if (kernel !== null) {
    const modelled: ModelledSystem = { kernel, tracker };
    tree.mount('/proc', procDirectory(modelled));
    tree.mount(
      '/sys/kernel/debug/dma_buf/bufinfo',
      bufinfoFile(modelled, dmaBufs?.hasInodes === false ? 'bare' : 'named'),
    );
    if (dmaBufs !== null && dmaBufs.sysfs !== 'off')
      tree.mount('/sys/kernel/dmabuf/buffers', buffersDirectory(dmaBufs));
    tree.restrict('/sys/kernel/debug', 0o700);
  } else if (tracker !== null) {
    tree.mount('/proc', commandsDirectory(tracker));
  }
  const memtrack = debugMemtrack(system);
  if (memtrack !== null) tree.mount('/sys/kernel/debug/memtrack', memtrack);
  return tree;
}

/** /proc of a recording of accounting commands, which tells of processes only what memtrack keeps. */
function commandsDirectory(tracker: Tracker): PseudoDirectory {
  return {
    type: 'directory',
    names: () => [...tracker.snapshot().leaders.pid].sort((a, b) => a - b).map(String),
    entry: (name) => {
      const { leaders } = tracker.snapshot();
      const row = leaders.pid.findIndex((pid) => String(pid) === name);
      if (row < 0) return null;
      return fixedDirectory({ memtrack: () => textFile(() => tracker.readMemtrack(leaders.task[row]!)) });
    },
  };
}
