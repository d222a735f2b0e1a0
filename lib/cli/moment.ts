/** A TIME as the user wrote it. */
export interface Moment {
  readonly from: 'clock' | 'start' | 'end';
  /** Nanoseconds: on the recording's clock, after its start, or before its end. */
  readonly nanoseconds: bigint;
}

const TIME = /^([+-]?)(\d+)(?:\.(\d+))?(ns|us|µs|ms|s)?$/;

const DIGITS = { ns: 0, us: 3, µs: 3, ms: 6, s: 9 } as const;

/**
 * `812.400117` and `1795262328.275277710`: seconds on the recording's clock; `5ms`, `812400117000ns`: with a unit;
 * `+1.5s`: from its start; `-2s`: from its end. No digit is lost. null: it is none of these.
 *
 * @example
 * parseMoment('-2s') // { from: 'end', nanoseconds: 2000000000n }
 */
export function parseMoment(text: string): Moment | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', unit] = match;
  const digits = DIGITS[(unit ?? 's') as keyof typeof DIGITS];
  // Finer than a nanosecond: only zeros can be kept.
  if (/[1-9]/.test(fraction.slice(digits))) return null;
  const nanoseconds = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  return { from: sign === '+' ? 'start' : sign === '-' ? 'end' : 'clock', nanoseconds };
}
