import { chargeAllocators } from './allocators.ts';
import type { Charges } from './charges.ts';
import { isExported } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * memcg-dmabuf: every dma-buf whole to the memcg of who exported it, until it is released, whoever uses it. Each process stands for a
 * cgroup of its own; transfers by binder are not shown. Source: "memcg: Track exported dma-buffers", Mercier, January 2023
 * (memory.stat `dmabuf`).
 */
export function memcgDmabuf(holding: Holding): Charges {
  return chargeAllocators(holding, 'memcg-dmabuf', (buffer) => isExported(holding.snapshot.buffers.kind[buffer]));
}
