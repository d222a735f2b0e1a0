import { type Charges, findLowerBounds } from './charges.ts';
import { add, type Fraction, largestRemainders, ZERO } from './fraction.ts';
import type { Holding } from './holding.ts';
import { forEachShare } from './share.ts';
import { findTotals } from './totals.ts';

export interface PssCharges extends Charges {
  /** The charge of a process row before rounding. */
  readonly exact: (row: number) => Fraction;
}

/**
 * pss: the size of every buffer divided by its holders, exactly. `bytes` are whole and add up to the bytes held:
 * the largest remainders are rounded up. Processes that share a table or an address space are one holder; its
 * pss is charged to the member that started first, the others get 0.
 */
export function pss(holding: Holding): PssCharges {
  const bytes = new Float64Array(holding.snapshot.processes.length);
  const leftovers = new Map<number, Map<number, number>>();
  forEachShare(holding, (size, holders) => {
    const left = size % holders.length;
    const whole = (size - left) / holders.length;
    for (const holder of holders) {
      bytes[holder] = (bytes[holder] ?? 0) + whole;
      if (left > 0) addLeftover(leftovers, holder, left, holders.length);
    }
  });

  const remainders = new Array<Fraction>(bytes.length).fill(ZERO);
  for (const [row, byDivisor] of leftovers) {
    let part = ZERO;
    for (const [divisor, left] of byDivisor) part = add(part, BigInt(left), BigInt(divisor));
    const whole = part.numerator / part.denominator;
    bytes[row] = (bytes[row] ?? 0) + Number(whole);
    remainders[row] = { numerator: part.numerator - whole * part.denominator, denominator: part.denominator };
  }
  const floors = bytes.slice();
  const { heldBytes, orphanBytes } = findTotals(holding);
  const missing = heldBytes - floors.reduce((sum, floor) => sum + floor, 0);
  for (const row of largestRemainders(remainders, missing)) bytes[row] = (bytes[row] ?? 0) + 1;

  return {
    rule: 'pss',
    bytes,
    lowerBound: findLowerBounds(holding),
    sum: heldBytes,
    unattributed: orphanBytes,
    exact: (row) => add(remainders[row] ?? ZERO, BigInt(floors[row] ?? 0), 1n),
  };
}

/** Keeps what does not divide, by divisor: fractions are only made once per process. */
function addLeftover(leftovers: Map<number, Map<number, number>>, row: number, left: number, divisor: number): void {
  const byDivisor = leftovers.get(row);
  if (byDivisor === undefined) leftovers.set(row, new Map([[divisor, left]]));
  else byDivisor.set(divisor, (byDivisor.get(divisor) ?? 0) + left);
}
