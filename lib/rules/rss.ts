import { type Charges, findLowerBounds } from './charges.ts';
import type { Holding } from './holding.ts';
import { reachedBytes } from './page-sets.ts';
import { findTotals } from './totals.ts';

/** rss: the size of every buffer a process holds, each once. Shared buffers count in full for each holder. */
export function rss(holding: Holding): Charges {
  const { snapshot, pages, byProcess, byHolder } = holding;
  const bytes = new Float64Array(snapshot.processes.length);
  let sum = 0;
  for (let row = 0; row < bytes.length; row++) {
    bytes[row] = reachedBytes(pages, byProcess.buffer, byProcess.begin[row] ?? 0, byProcess.end[row] ?? 0);
    sum += reachedBytes(pages, byHolder.buffer, byHolder.begin[row] ?? 0, byHolder.end[row] ?? 0);
  }
  return {
    rule: 'rss',
    bytes,
    lowerBound: findLowerBounds(holding),
    sum,
    unattributed: findTotals(holding).orphanBytes,
  };
}
