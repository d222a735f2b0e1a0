import Table from 'cli-table3';
import type { Colors } from 'picocolors/types';

/** What a table may use of picocolors; `plain` where there is no terminal. */
export type Ink = Pick<Colors, 'bold' | 'dim' | 'red' | 'yellow' | 'green'>;

export const plain: Ink = { bold: String, dim: String, red: String, yellow: String, green: String };

export interface Column<Row> {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Already escaped. */
  readonly cell: (row: Row) => string;
}

const NO_LINES = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
} as const;

/** Columns without lines, each as wide as it needs; no blanks at the ends of lines. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], ink: Ink): string {
  const table = new Table({
    head: columns.map((column) => ink.bold(column.head)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(columns.map((column) => column.cell(row)));
  return `${table.toString().replace(/[ ]+$/gm, '')}\n`;
}

/** "1 process", "2 processes". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Largest first, or smallest; what is equal keeps its order. */
export function sortRows<Row>(rows: readonly Row[], value: (row: Row) => number | string | bigint | null, direction: 'up' | 'down'): readonly Row[] {
  const sign = direction === 'up' ? 1 : -1;
  return rows.toSorted((a, b) => {
    const left = value(a);
    const right = value(b);
    // What is not known stands last, whichever way.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    return left < right ? -sign : left > right ? sign : 0;
  });
}
