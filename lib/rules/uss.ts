import { type Charges, findLowerBounds } from './charges.ts';
import type { Holding } from './holding.ts';
import { forEachShare } from './share.ts';
import { findTotals } from './totals.ts';

/**
 * uss: the size of the buffers that nobody else holds. Processes that share a table or an address space are one
 * holder; its uss is charged to the member that started first, the others get 0.
 */
export function uss(holding: Holding): Charges {
  const bytes = new Float64Array(holding.snapshot.processes.length);
  let sum = 0;
  forEachShare(holding, (size, [holder = 0, ...others]) => {
    if (others.length > 0) return;
    bytes[holder] = (bytes[holder] ?? 0) + size;
    sum += size;
  });
  return {
    rule: 'uss',
    bytes,
    lowerBound: findLowerBounds(holding),
    sum,
    unattributed: findTotals(holding).bytes - sum,
  };
}
