import { chargeAllocators } from './allocators.ts';
import type { Charges } from './charges.ts';
import { isExported } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * gpu-cgroup: every dma-buf whole to its present owner: the allocator's cgroup, as long as nobody calls dma_buf_transfer_charge, which
 * is not shown. Each process stands for a cgroup. Source: "A way to account for GPU memory with cgroups", Valsaraju and Mercier, 2022
 * (gpu.memory.current).
 */
export function gpuCgroup(holding: Holding): Charges {
  return chargeAllocators(holding, 'gpu-cgroup', (buffer) => Number(isExported(holding.snapshot.buffers.kind[buffer])));
}
