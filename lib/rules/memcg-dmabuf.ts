import { chargeAllocators } from './allocators.ts';
import type { Charges } from './charges.ts';
import { isExported } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * memcg-dmabuf: every dma-buf whole to the memcg of who exported it, until it is released, whoever uses it; an ION buffer once for
 * each time it is shared. Each process stands for a cgroup of its own; who allocated is taken to have exported, and transfers by binder
 * are not shown. Source: "memcg: Track exported dma-buffers", Mercier, January 2023
 * (memory.stat `dmabuf`).
 */
export function memcgDmabuf(holding: Holding): Charges {
  const { kind, files } = holding.snapshot.buffers;
  return chargeAllocators(holding, 'memcg-dmabuf', (buffer) => {
    if (!isExported(kind[buffer])) return 0;
    return kind[buffer] === 'ion' ? (files[buffer]?.length ?? 0) : 1;
  });
}
