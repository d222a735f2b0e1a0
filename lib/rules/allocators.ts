import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';

/** Charges buffers whole to who allocated them, dead or alive, until they are released: each as often as `times` says. */
export function chargeAllocators(holding: Holding, rule: string, times: (buffer: number) => number): Charges {
  const { buffers } = holding.snapshot;
  const sheet = new ChargeSheet(holding);
  for (let buffer = 0; buffer < buffers.length; buffer++) {
    const creator = buffers.creatorRow[buffer] ?? -1;
    const count = creator < 0 ? 0 : times(buffer);
    if (count > 0) sheet.charge(creator, buffer, count * (holding.pages.reach[buffer] ?? 0));
  }
  return sheet.finish(rule);
}
