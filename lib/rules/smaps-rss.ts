import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';
import { pageMappings } from './page-mappings.ts';

/**
 * smaps-rss: `Rss` of the mappings of buffers in /proc/[pid]/smaps, once every mapped page has been touched. Pages without struct page
 * (VM_IO: ION, dma-heaps) are never in it. Source: smaps_account.
 */
export function smapsRss(holding: Holding): Charges {
  const sheet = new ChargeSheet(holding);
  for (const { process, buffer, begin, end } of pageMappings(holding))
    sheet.charge(process, buffer, end - begin, false);
  return sheet.finish('smaps-rss');
}
