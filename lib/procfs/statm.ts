/** /proc/[pid]/statm. Linux: proc_pid_statm() in fs/proc/array.c. All in pages. */

import { decimalFigure } from './figure.ts';

export interface Statm {
  readonly size: number;
  readonly resident: number;
  /** Of files and shmem, not only what is shared. */
  readonly shared: number;
  readonly text: number;
  readonly data: number;
}

/**
 * The line; `lib` and `dt` are always 0.
 *
 * @example
 * formatStatm({ size: 383, resident: 166, shared: 145, text: 174, data: 152 }); // '383 166 145 174 0 152 0\n'
 */
export function formatStatm({ size, resident, shared, text, data }: Statm): string {
  return `${size} ${resident} ${shared} ${text} 0 ${data} 0\n`;
}

/** null: not this file. */
export function parseStatm(text: string): Statm | null {
  const match = /^(\d+) (\d+) (\d+) (\d+) \d+ (\d+) \d+\n?$/.exec(text);
  if (match === null) return null;
  const [size = NaN, resident = NaN, shared = NaN, code = NaN, data = NaN] = match.slice(1).map(decimalFigure);
  return { size, resident, shared, text: code, data };
}
