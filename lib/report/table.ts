import { textWidth } from './text-width.ts';

/** Colours: those of picocolors fit; `plain` where there is no terminal. */
export type Ink = Readonly<Record<'bold' | 'dim' | 'red' | 'yellow' | 'green', (text: string) => string>>;

export const plain: Ink = { bold: String, dim: String, red: String, yellow: String, green: String };

export interface Column<Row> {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Already escaped. */
  readonly cell: (row: Row) => string;
}

const GAP = '  ';

/** Columns without lines, each as wide as it needs; no blanks at the ends of lines. A cell may have several lines. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], ink: Ink): string {
  const cells = [
    columns.map((column) => [ink.bold(column.head)]),
    ...rows.map((row) => columns.map((column) => column.cell(row).split('\n'))),
  ];
  const widths = columns.map((_, i) =>
    cells.reduce((most, row) => Math.max(most, ...(row[i] ?? []).map(textWidth)), 0),
  );
  let text = '';
  for (const row of cells) {
    const height = Math.max(...row.map((lines) => lines.length));
    for (let line = 0; line < height; line++) {
      const padded = row.map((lines, i) => pad(lines[line] ?? '', widths[i] ?? 0, columns[i]?.align ?? 'left'));
      text += `${padded.join(GAP).trimEnd()}\n`;
    }
  }
  return text;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

/** "1 process", "2 processes". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Largest first, or smallest; what is equal keeps its order. */
export function sortRows<Row>(
  rows: readonly Row[],
  value: (row: Row) => number | string | bigint | null,
  direction: 'up' | 'down',
): readonly Row[] {
  const sign = direction === 'up' ? 1 : -1;
  return rows.toSorted((a, b) => {
    const left = value(a);
    const right = value(b);
    // What is not known stands last, whichever way.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    return left < right ? -sign : left > right ? sign : 0;
  });
}
