import type { Charges } from './charges.ts';
import { chargeDescriptors } from './file-pages.ts';
import type { Holding } from './holding.ts';

/**
 * per-file-rss: all pages of the file for every descriptor, so that a dup counts twice and a mapping not at all.
 * Source: "Per file OOM-badness / RSS", König, June 2022 (file_operations.file_rss, fdinfo `rss:`, RssFile).
 */
export function perFileRss(holding: Holding): Charges {
  return chargeDescriptors(holding, 'per-file-rss', (pages) => pages);
}
