import { chargeAllocators } from './allocators.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';

/**
 * dma-heap-memcg: the pages of the system heap to the memcg of who allocated them, until they are freed. Other heaps and exporters are
 * not charged. Each process stands for a cgroup. Source: the mem_accounting parameter of dma_heap, January 2026 (memory.current).
 */
export function dmaHeapMemcg(holding: Holding): Charges {
  const { kind, exporter } = holding.snapshot.buffers;
  return chargeAllocators(holding, 'dma-heap-memcg', (buffer) =>
    Number(kind[buffer] === 'dma-buf' && exporter[buffer] === 'system'),
  );
}
