import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';

/** Charges buffers whole to who allocated them, dead or alive, until they are released; those that `applies` to. */
export function chargeAllocators(holding: Holding, rule: string, applies: (buffer: number) => boolean): Charges {
  const { buffers } = holding.snapshot;
  const sheet = new ChargeSheet(holding);
  for (let buffer = 0; buffer < buffers.length; buffer++) {
    const creator = buffers.creatorRow[buffer] ?? -1;
    if (creator >= 0 && applies(buffer)) sheet.charge(creator, buffer, holding.pages.reach[buffer] ?? 0);
  }
  return sheet.finish(rule);
}
