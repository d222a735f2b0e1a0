/** /proc/[pid]/stat. Linux: do_task_stat() in fs/proc/array.c. */

/** Its 52 columns but for the first two and the third, by number from 1 as in proc_pid_stat(5); absent: 0. */
export type StatColumns = Readonly<Record<number, number | bigint>>;

export interface Stat {
  readonly pid: number;
  readonly comm: string;
  /** `S`, `R`, `Z` … */
  readonly state: string;
  readonly columns: StatColumns;
}

/** Numbers of columns. */
export const STAT = {
  PPID: 4,
  PGRP: 5,
  SESSION: 6,
  TTY: 7,
  TPGID: 8,
  FLAGS: 9,
  PRIORITY: 18,
  NICE: 19,
  THREADS: 20,
  STARTTIME: 22,
  VSIZE: 23,
  RSS: 24,
  RSSLIM: 25,
  STARTCODE: 26,
  ENDCODE: 27,
  STARTSTACK: 28,
  EXIT_SIGNAL: 38,
  EXIT_CODE: 52,
} as const;

const LAST = 52;

/** The line. A name stands raw in parentheses and may hold such itself, so that it ends at the last one. */
export function formatStat({ pid, comm, state, columns }: Stat): string {
  const words = [`${pid} (${comm}) ${state}`];
  for (let column = STAT.PPID; column <= LAST; column++) words.push(String(columns[column] ?? 0));
  return `${words.join(' ')}\n`;
}

/** null: not this file. Columns are given as bigint where a number would not be exact. */
export function parseStat(text: string): Stat | null {
  const match = /^(\d+) \((.*)\) (\S)((?: -?\d+){49})\n?$/s.exec(text);
  if (match === null) return null;
  const [, pid = '', comm = '', state = '', rest = ''] = match;
  const columns: Record<number, number | bigint> = {};
  rest
    .trim()
    .split(' ')
    .forEach((word, at) => {
      columns[at + STAT.PPID] = Number.isSafeInteger(Number(word)) ? Number(word) : BigInt(word);
    });
  return { pid: Number(pid), comm, state, columns };
}
