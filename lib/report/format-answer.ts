import type { Answer, AnswerProcess, Loss } from './answer.ts';
import { type BufferSort, type BufferTableOptions, formatBufferTable, formatOrphanTable } from './buffer-table.ts';
import type { KernelSum } from '../core/snapshot.ts';
import { escapeText } from './escape.ts';
import { showPid } from './pid.ts';
import { formatProcessTable, type ProcessSort } from './process-table.ts';
import { formatSize } from './size.ts';
import { count, formatTable, type Ink, plain } from './table.ts';
import { formatTime } from './time.ts';

const ALLOCATOR_MODE =
  'Allocator accounting: only allocations and frees were recorded, so each buffer is charged to the process that allocated it.';

interface CommonOptions {
  /** Rows of each table; all if left out. Losses are never cut. */
  readonly top?: number;
  /** picocolors, on a terminal only. */
  readonly ink?: Ink;
  /** Names every descriptor and mapping; the answer must have them. */
  readonly detail?: boolean;
}

export type FormatOptions = CommonOptions &
  ({ readonly by?: 'process'; readonly sort?: ProcessSort } | { readonly by: 'buffer'; readonly sort?: BufferSort });

/**
 * The answer for people: totals, the table asked for, orphans, losses; each apart and only if there is any.
 *
 * @example
 * formatAnswer(makeAnswer(findHolding(replayed.snapshot())), { by: 'buffer', top: 20 })
 */
export function formatAnswer(answer: Answer, options: FormatOptions = {}): string {
  const ink = options.ink ?? plain;
  const top = options.top ?? Infinity;
  const tables: BufferTableOptions = {
    sort: (options.by === 'buffer' ? options.sort : undefined) ?? 'size',
    top,
    ink,
    detail: options.detail ?? false,
  };
  const parts = [formatTotals(answer, ink)];
  if (options.by === 'buffer') {
    if (answer.buffers.some((row) => row.orphan === null)) parts.push(formatBufferTable(answer, tables));
  } else if (answer.processes.length > 0) {
    parts.push(formatProcessTable(answer.processes, options.sort ?? 'pss', top, ink));
  }
  if (answer.buffers.some((row) => row.orphan !== null)) {
    parts.push(`${ink.bold('Held by no process:')}\n${formatOrphanTable(answer, tables)}`);
  }
  if (answer.sums !== undefined) parts.push(formatSums(answer.sums, ink));
  if (answer.losses.length > 0) parts.push(formatLosses(answer.losses, ink));
  return parts.join('\n');
}

function formatTotals({ at, mode, totals, processes }: Answer, ink: Ink): string {
  const bound = totals.known === 'lower-bound';
  let text = at === null ? 'At the end: ' : `At ${formatTime(BigInt(at))} s: `;
  text += `${count(totals.buffers, 'buffer')}, ${formatSize(totals.bytes, bound)}`;
  if (totals.buffers > 0) {
    text += `; held by processes ${formatSize(totals.heldBytes, bound)}, by no process ${formatSize(totals.orphanBytes, bound)}`;
  }
  if (totals.residentBytes !== null)
    text += `; resident ${formatSize(totals.residentBytes, totals.unknownResident > 0)}`;
  text = `${ink.bold(text)}\n`;
  if (mode === 'allocator') text += `${ALLOCATOR_MODE}\n`;
  if (processes.length > 0) text += `${formatStates(processes)}\n`;
  if (totals.unknownSizes > 0) {
    text += `The size of ${count(totals.unknownSizes, 'buffer')} is not known: sums are lower bounds.\n`;
  }
  return text;
}

/** `5 processes: 3 alive, 1 exited, 1 killed` */
function formatStates(processes: readonly AnswerProcess[]): string {
  const states = new Map<string, number>();
  for (const { state } of processes) states.set(state, (states.get(state) ?? 0) + 1);
  const parts = [...states].map(
    ([state, number]) => `${number} ${state === 'unknown' ? 'in an unknown state' : state}`,
  );
  return `${count(processes.length, 'process', 'processes')}: ${parts.join(', ')}`;
}

/** The kernel's own sums, which say nothing about single buffers. */
function formatSums(sums: readonly KernelSum[], ink: Ink): string {
  const table = formatTable<KernelSum>(
    [
      { head: 'WHAT', cell: (row) => escapeText(row.what) },
      { head: 'PID', align: 'right', cell: (row) => (row.pid === null ? '-' : showPid(row.pid)) },
      { head: 'SUM', align: 'right', cell: (row) => formatSize(row.bytes) },
      { head: 'OLDER', align: 'right', cell: (row) => formatSize(row.older) },
    ],
    sums,
    ink,
  );
  return `${ink.bold('What the kernel summed up, and how much of it is older than the recording:')}\n${table}`;
}

/** What the answer lacks: every counter, its count and what it means. */
export function formatLosses(losses: readonly Loss[], ink: Ink = plain): string {
  const paint = { info: ink.dim, error: ink.yellow, 'data-loss': ink.red } as const;
  const table = formatTable<Loss>(
    [
      { head: 'SEVERITY', cell: (row) => paint[row.severity](row.severity) },
      { head: 'COUNT', align: 'right', cell: (row) => String(row.count) },
      { head: 'WHAT', cell: (row) => escapeText(row.name) },
      { head: 'MEANING', cell: (row) => escapeText(row.meaning) },
    ],
    losses,
    ink,
  );
  return `${ink.bold('Not in this answer, or not certain:')}\n${table}`;
}
