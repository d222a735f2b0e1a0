import type { Answer, AnswerBuffer, AnswerHolder } from './answer.ts';
import { showName } from './escape.ts';
import { showPid } from './pid.ts';
import { formatSize } from './size.ts';
import { type Column, count, formatTable, type Ink, sortRows } from './table.ts';
import { formatTime } from './time.ts';

export const BUFFER_SORTS = [
  'size',
  'resident',
  'holders',
  'refs',
  'since',
  'key',
  'id',
  'inode',
  'name',
  'kind',
  'exporter',
] as const;

export type BufferSort = (typeof BUFFER_SORTS)[number];

const UPWARDS: ReadonlySet<BufferSort> = new Set(['since', 'key', 'id', 'inode', 'name', 'kind', 'exporter']);

/** Holders named in a row; the others are counted. */
const HOLDERS_SHOWN = 4;

export interface BufferTableOptions {
  readonly sort: BufferSort;
  readonly top: number;
  readonly ink: Ink;
  /** Every holder of every buffer, with its descriptors and mappings. */
  readonly detail: boolean;
}

/** A row per buffer that a process holds; orphans have a table of their own. */
export function formatBufferTable(answer: Answer, options: BufferTableOptions): string {
  return formatRows(
    answer,
    answer.buffers.filter((row) => row.orphan === null),
    options,
    [
      { head: 'SINCE', align: 'right', cell: (row) => showSince(earliest(row)) },
      { head: 'HOLDERS', cell: holdersCell(answer, options.detail) },
    ],
  );
}

/** A row per buffer that no process holds, and who keeps it. */
export function formatOrphanTable(answer: Answer, options: BufferTableOptions): string {
  return formatRows(
    answer,
    answer.buffers.filter((row) => row.orphan !== null),
    options,
    [
      { head: 'KEPT BY', cell: (row) => options.ink.yellow(KEEPERS[row.orphan ?? 'unknown']) },
      { head: 'CREATOR', cell: (row) => (row.creator === null ? '-' : showPid(row.creator)) },
    ],
  );
}

const KEEPERS = {
  inFlight: 'a message in flight',
  kernel: 'the kernel',
  named: 'its name',
  unknown: 'unknown',
} as const;

function formatRows(
  answer: Answer,
  rows: readonly AnswerBuffer[],
  { sort, top, ink }: BufferTableOptions,
  last: readonly Column<AnswerBuffer>[],
): string {
  const sorted = sortBuffers(rows, sort);
  const cut = sorted.slice(top);
  let text = formatTable([...columns(answer), ...last], sorted.slice(0, top), ink);
  if (cut.length > 0) {
    const bytes = cut.reduce((sum, row) => sum + (row.size ?? row.sizeAtLeast ?? 0), 0);
    const bound = cut.some((row) => row.size === null);
    text += ink.dim(`… ${count(cut.length, 'more buffer')} not shown, ${formatSize(bytes, bound)}`) + '\n';
  }
  return text;
}

/** A sorted copy; those that are equal stay as they stood. */
export function sortBuffers(rows: readonly AnswerBuffer[], sort: BufferSort): readonly AnswerBuffer[] {
  return sortRows(rows, (row) => sortValue(row, sort), UPWARDS.has(sort) ? 'up' : 'down');
}

function columns({ buffers }: Answer): readonly Column<AnswerBuffer>[] {
  const all: (Column<AnswerBuffer> & { readonly wanted?: boolean })[] = [
    { head: 'KEY', align: 'right', cell: (row) => String(row.key) },
    { head: 'ID', align: 'right', cell: (row) => showFigure(row.id), wanted: buffers.some((row) => row.id !== null) },
    { head: 'INODE', align: 'right', cell: (row) => showFigure(row.inode) },
    { head: 'SIZE', align: 'right', cell: (row) => formatSize(row.size ?? row.sizeAtLeast ?? null, row.size === null) },
    {
      head: 'RESIDENT',
      align: 'right',
      cell: (row) => formatSize(row.resident),
      wanted: buffers.some((row) => row.resident !== null),
    },
    { head: 'KIND', cell: (row) => row.kind + (row.known === 'inferred' ? ' (inferred)' : '') },
    { head: 'NAME', cell: (row) => showName(row.name) },
    { head: 'TAG', cell: (row) => showName(row.tag), wanted: buffers.some((row) => row.tag !== null) },
    { head: 'EXPORTER', cell: (row) => showName(row.exporter), wanted: buffers.some((row) => row.exporter !== null) },
    {
      head: 'PAGES OF',
      align: 'right',
      cell: (row) => showFigure(row.backing),
      wanted: buffers.some((row) => row.backing !== null),
    },
  ];
  return all.filter((column) => column.wanted !== false);
}

function holdersCell(answer: Answer, detail: boolean): (row: AnswerBuffer) => string {
  // A pid used again: the process that still lives is the one that holds.
  const names = new Map(answer.processes.map((row) => [row.pid, row.comm]));
  const show = (holder: AnswerHolder): string =>
    `${showName(names.get(holder.pid) ?? null, 20)}[${showPid(holder.pid)}] ${showReferences(holder)}`;
  return (row) => {
    if (detail) return row.holders.map(show).join('\n');
    const more = row.holders.length - HOLDERS_SHOWN;
    const shown = row.holders.slice(0, HOLDERS_SHOWN).map(show).join(', ');
    return more > 0 ? `${shown}, +${more} more` : shown;
  };
}

/** `2 fds 1 map 1 handle`, and which where the answer has them. */
export function showReferences(holder: AnswerHolder): string {
  const fds = (holder.fdList ?? []).map(
    (fd) => `${fd.fd}${fd.cloexec ? ' cloexec' : ''}${fd.inferred === true ? ' inferred' : ''}`,
  );
  const maps = (holder.mapList ?? []).map((map) => `${map.start}+${formatSize(map.length)} ${map.perms}`);
  const handles = (holder.handleList ?? []).map(({ kind, container, via, number }) => {
    const what = via === 'handle' ? '' : `${via} `;
    return `${what}${number} of ${kind} ${container}`;
  });
  const parts: string[] = [];
  if (holder.fds > 0) parts.push(count(holder.fds, 'fd') + (fds.length > 0 ? ` (${fds.join(', ')})` : ''));
  if (holder.maps > 0) parts.push(count(holder.maps, 'map') + (maps.length > 0 ? ` (${maps.join(', ')})` : ''));
  if (holder.handles > 0)
    parts.push(count(holder.handles, 'handle') + (handles.length > 0 ? ` (${handles.join(', ')})` : ''));
  return parts.length === 0 ? 'allocated or held' : parts.join(' ');
}

function sortValue(row: AnswerBuffer, sort: BufferSort): number | string | bigint | null {
  if (sort === 'size') return row.size ?? row.sizeAtLeast ?? null;
  if (sort === 'holders') return row.holders.length;
  if (sort === 'since') return earliest(row);
  return row[sort];
}

function earliest(row: AnswerBuffer): bigint | null {
  const times = row.holders.flatMap((holder) => (holder.since === null ? [] : [BigInt(holder.since)]));
  return times.length === 0 ? null : times.reduce((first, time) => (time < first ? time : first));
}

function showSince(time: bigint | null): string {
  return time === null ? '-' : formatTime(time);
}

function showFigure(figure: number | null): string {
  return figure === null ? '-' : String(figure);
}
