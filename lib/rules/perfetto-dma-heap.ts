import { chargeAllocators } from './allocators.ts';
import type { Charges } from './charges.ts';
import { isExported } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * perfetto-dma-heap: what the running sum of `dma_heap_stat` gives for each process: what it allocated and has not been freed since, by
 * whomever. Allocations on behalf of a binder client stay with the allocator here.
 * Source: Perfetto's android.memory.dmabuf (allocator of the inode's latest event).
 */
export function perfettoDmaHeap(holding: Holding): Charges {
  return chargeAllocators(holding, 'perfetto-dma-heap', (buffer) =>
    Number(isExported(holding.snapshot.buffers.kind[buffer])),
  );
}
