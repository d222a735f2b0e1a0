/** memtrack text the way a JavaScript program writes columns: template strings and padStart. */
export interface MemtrackRow {
  readonly holders: number;
  readonly id: number;
  readonly size: number;
}

const NO_TAG = ' '.repeat(12);

/** Rows ascending by id; no rows, no text. */
export function padStartText(pid: number, rows: readonly MemtrackRow[]): string {
  if (rows.length === 0) return '';
  let text = `${header(pid)}\n`;
  for (const row of rows) {
    text += `${String(row.holders).padStart(10)}  ${String(row.id).padStart(16)}  ${String(row.size).padStart(12)}  ${NO_TAG}\n`;
  }
  return text;
}

function header(pid: number): string {
  const columns = [
    'ref_count'.padStart(10),
    'Identifier'.padStart(16),
    'size'.padStart(12),
    'tag'.padStart(12),
    'startAddr-endAddr'.padStart(20),
    'Flags',
    'pgOff'.padStart(8),
    `pid:${pid}`,
  ];
  return columns.join(': ');
}
