/** CSV (RFC 4180, lines end in a newline): exact bytes, empty for unknown. */

import type { Answer, AnswerBuffer } from './answer.ts';
import { escapeText } from './escape.ts';

type Cell = string | number | null;

export type CsvRows = 'process' | 'buffer' | 'holder';

const BUFFER_COLUMNS = [
  'key',
  'id',
  'inode',
  'size',
  'size_at_least',
  'resident',
  'name',
  'tag',
  'kind',
  'exporter',
  'creator',
  'refs',
  'userspace_handles',
  'known',
] as const;

const COLUMNS = {
  process: [
    'pid',
    'comm',
    'state',
    'status',
    'rss',
    'pss',
    'uss',
    'buffers',
    'fds',
    'maps',
    'handles',
    'shared_with',
    'known',
  ],
  buffer: [...BUFFER_COLUMNS, 'in_flight', 'orphan', 'holders', 'pids'],
  holder: [...BUFFER_COLUMNS, 'pid', 'fds', 'maps', 'handles', 'since'],
} as const satisfies Record<CsvRows, readonly string[]>;

/** A row per process, per buffer, or per pair of a buffer and who holds it. */
export function formatCsv(answer: Answer, by: CsvRows): string {
  return [COLUMNS[by], ...ROWS[by](answer)].map((row) => `${row.map(formatCell).join(',')}\n`).join('');
}

const ROWS = {
  process: (answer) =>
    answer.processes.map((row) => [
      row.pid,
      row.comm,
      row.state,
      row.status,
      row.rss,
      row.pss,
      row.uss,
      row.buffers,
      row.fds,
      row.maps,
      row.handles,
      pids(row.sharedWith),
      row.known,
    ]),
  buffer: (answer) =>
    answer.buffers.map((row) => [
      ...bufferCells(row),
      row.inFlight,
      row.orphan,
      row.holders.length,
      pids(row.holders.map((holder) => holder.pid)),
    ]),
  holder: (answer) =>
    answer.buffers.flatMap((row) =>
      row.holders.map((holder) => [
        ...bufferCells(row),
        holder.pid,
        holder.fds,
        holder.maps,
        holder.handles,
        holder.since,
      ]),
    ),
} as const satisfies Record<CsvRows, (answer: Answer) => Cell[][]>;

function bufferCells(row: AnswerBuffer): Cell[] {
  return [
    row.key,
    row.id,
    row.inode,
    row.size,
    row.sizeAtLeast ?? null,
    row.resident,
    row.name,
    row.tag,
    row.kind,
    row.exporter,
    row.creator,
    row.refs,
    row.userspaceHandles,
    row.known,
  ];
}

function pids(list: readonly number[]): string | null {
  return list.length === 0 ? null : list.join(' ');
}

/** Names a spreadsheet would run as a formula get an apostrophe before them, as spreadsheets do. */
function formatCell(cell: Cell): string {
  if (typeof cell === 'number') return String(cell);
  if (cell === null) return '';
  const text = escapeText(cell);
  const safe = /^[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
  return safe === '' || /[",\n\r]|^ | $/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
