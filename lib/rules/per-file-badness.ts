import type { Charges } from './charges.ts';
import { chargeDescriptors } from './file-pages.ts';
import type { Holding } from './holding.ts';

/**
 * per-file-badness: the pages of the file divided by its count (file_count), rounded up, for every descriptor. Mappings, messages and
 * kernel users dilute the shares of the others and are charged to nobody.
 * Source: "Per file OOM badness", König, May 2022 (file_operations.oom_badness, fdinfo `oom_badness:`).
 */
export function perFileBadness(holding: Holding): Charges {
  return chargeDescriptors(holding, 'per-file-badness', (pages, fileCount) => Math.ceil(pages / fileCount));
}
