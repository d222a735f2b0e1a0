/** A part of a whole, exactly: numerator / denominator, both ≥ 0. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ZERO: Fraction = { numerator: 0n, denominator: 1n };

/** Adds n/d; the denominator stays the least common multiple of what was added. */
export function add(sum: Fraction, numerator: bigint, denominator: bigint): Fraction {
  const common = (sum.denominator / gcd(sum.denominator, denominator)) * denominator;
  return {
    numerator: sum.numerator * (common / sum.denominator) + numerator * (common / denominator),
    denominator: common,
  };
}

/** Below 0, 0 or above 0, as sort wants it. */
export function compare(a: Fraction, b: Fraction): number {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/**
 * Which `count` of these parts of one byte are rounded up: the largest, the earlier row among equals.
 * A part of nothing is never rounded up. Returns their indexes.
 */
export function largestRemainders(remainders: readonly Fraction[], count: number): readonly number[] {
  const parts: number[] = [];
  remainders.forEach((part, i) => {
    if (part.numerator > 0n) parts.push(i);
  });
  parts.sort((a, b) => compare(remainders[b] ?? ZERO, remainders[a] ?? ZERO) || a - b);
  return parts.slice(0, Math.max(count, 0));
}
