import { Machine } from '../../lib/machine/machine.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';

const PAGE = 4096;

/** A process with so many descriptors, each of a dma-buf of its own, some of which are mapped. */
export interface World {
  readonly kernel: Machine;
  readonly task: Task;
  readonly fds: readonly number[];
}

export function populate(fds: number, maps: number, options: KernelOptions = {}): World {
  const kernel = new Machine(options);
  const task = kernel.spawn();
  task.group.nofile = 1 << 20;
  const heap = kernel.dmaHeap('system');
  const open = Array.from({ length: fds }, () => heap.alloc(task, { size: 4 * PAGE, fdFlags: 2 }));
  for (let i = 0; i < maps; i++) task.mmap({ fd: open[i]!, length: 4 * PAGE });
  return { kernel, task, fds: open };
}
