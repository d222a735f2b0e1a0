import { PAGE } from '../model/flags.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';
import { findTotals } from './totals.ts';

/**
 * driver-pages: MM_DRIVERPAGES of each process: what it made of GEM objects, as its driver charges them, whoever uses them; nobody's once
 * the address space has no users. Processes that share one show it both, and it counts twice in the sum, as it would in a sum of RSS.
 * Source: "GEM buffer memory tracking", Stach, September 2022.
 */
export function driverPages(holding: Holding): Charges {
  const { driverPages: pages } = holding.snapshot.processes;
  const bytes = Float64Array.from(pages, (count) => count * PAGE);
  const sum = bytes.reduce((total, figure) => total + figure, 0);
  return {
    rule: 'driver-pages',
    bytes,
    lowerBound: new Uint8Array(bytes.length),
    sum,
    unattributed: Math.max(findTotals(holding).bytes - sum, 0),
  };
}
