import { chargeAllocators } from './allocators.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';

/**
 * dmem: objects of DRM drivers whole to the cgroup of who allocated them and to its ancestors, whoever uses them, until they are freed or
 * evicted. Each process stands for a cgroup. Source: kernel/cgroup/dmem.c, Linux 6.14 (dmem.current).
 */
export function dmem(holding: Holding): Charges {
  const { kind, backing } = holding.snapshot.buffers;
  // An import has the pages of somebody else.
  const isAllocated = (buffer: number): boolean => kind[buffer] === 'gem' && (backing[buffer] ?? -1) < 0;
  return chargeAllocators(holding, 'dmem', (buffer) => Number(isAllocated(buffer)));
}
