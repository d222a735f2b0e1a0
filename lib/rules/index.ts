/** Rules: from who holds what to who is charged how much. */

import { pss } from './pss.ts';
import { rss } from './rss.ts';
import { uss } from './uss.ts';

export type { Charges } from './charges.ts';
export type { Fraction } from './fraction.ts';
export { findHolding, type HolderColumns, type Holding } from './holding.ts';
export type { PssCharges } from './pss.ts';
export type { ReferenceTable } from './reference-table.ts';
export { findTotals, type Totals } from './totals.ts';
export { pss, rss, uss };

/** Every rule by its name. */
export const rules = { rss, pss, uss } as const;

export type RuleName = keyof typeof rules;
