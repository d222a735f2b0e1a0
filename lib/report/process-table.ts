import { constants } from 'node:os';
import type { AnswerProcess } from './answer.ts';
import { showName } from './escape.ts';
import { formatSize } from './size.ts';
import { showPid } from './pid.ts';
import { type Column, count, formatTable, type Ink, sortRows } from './table.ts';

export const PROCESS_SORTS = [
  'pss',
  'rss',
  'uss',
  'buffers',
  'fds',
  'maps',
  'pid',
  'comm',
  'state',
  'started',
] as const;

export type ProcessSort = (typeof PROCESS_SORTS)[number];

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, signal]) => [signal, name]));
const UPWARDS: ReadonlySet<ProcessSort> = new Set(['pid', 'comm', 'state']);

/** A row per process, its end state included; then how many rows were cut, and what they hold. */
export function formatProcessTable(
  processes: readonly AnswerProcess[],
  sort: ProcessSort,
  top: number,
  ink: Ink,
): string {
  const sorted = sortProcesses(processes, sort);
  const shown = sorted.slice(0, top);
  const cut = sorted.slice(top);
  let text = formatTable(columns(processes, ink), shown, ink);
  if (cut.length > 0) {
    const pss = cut.reduce((sum, row) => sum + row.pss, 0);
    text +=
      ink.dim(`… ${count(cut.length, 'more process', 'more processes')} not shown, pss ${formatSize(pss)}`) + '\n';
  }
  return text;
}

/** A sorted copy; those that are equal stay as they stood. */
export function sortProcesses(processes: readonly AnswerProcess[], sort: ProcessSort): readonly AnswerProcess[] {
  if (sort === 'started') return processes;
  return sortRows(processes, (row) => row[sort], UPWARDS.has(sort) ? 'up' : 'down');
}

/** Processes whose pss and uss stand at one that started before them; it shares with them. */
function findFollowers(processes: readonly AnswerProcess[]): ReadonlyMap<AnswerProcess, number> {
  const seen = new Set<number>();
  const followers = new Map<AnswerProcess, number>();
  for (const row of processes) {
    const leader = row.sharedWith.find((pid) => seen.has(pid));
    if (leader !== undefined) followers.set(row, leader);
    if (row.sharedWith.length > 0) seen.add(row.pid);
  }
  return followers;
}

function columns(processes: readonly AnswerProcess[], ink: Ink): readonly Column<AnswerProcess>[] {
  const followers = findFollowers(processes);
  const share = (row: AnswerProcess, bytes: number): string => {
    const leader = followers.get(row);
    return leader === undefined ? formatSize(bytes, row.known === 'lower-bound') : `in ${showPid(leader)}`;
  };
  const all: (Column<AnswerProcess> & { readonly wanted?: boolean })[] = [
    { head: 'PID', align: 'right', cell: (row) => showPid(row.pid) },
    { head: 'COMM', cell: (row) => showName(row.comm) },
    { head: 'STATE', cell: (row) => showState(row, ink) },
    { head: 'RSS', align: 'right', cell: (row) => formatSize(row.rss, row.known === 'lower-bound') },
    { head: 'PSS', align: 'right', cell: (row) => share(row, row.pss) },
    { head: 'USS', align: 'right', cell: (row) => share(row, row.uss) },
    { head: 'BUFFERS', align: 'right', cell: (row) => String(row.buffers) },
    { head: 'FDS', align: 'right', cell: (row) => String(row.fds) },
    { head: 'MAPS', align: 'right', cell: (row) => String(row.maps) },
    {
      head: 'HANDLES',
      align: 'right',
      cell: (row) => String(row.handles),
      wanted: processes.some((row) => row.handles > 0),
    },
    {
      head: 'SHARED WITH',
      cell: (row) => row.sharedWith.map(showPid).join(' '),
      wanted: processes.some((row) => row.sharedWith.length > 0),
    },
  ];
  return all.filter((column) => column.wanted !== false);
}

/** How a process is or ended: `alive`, `exited 1`, `killed SIGKILL`. */
export function showState({ state, status }: AnswerProcess, ink: Ink): string {
  if (state === 'killed') return ink.red(status === null ? 'killed' : `killed ${SIGNALS.get(status) ?? status}`);
  if (state === 'exited' && status !== null) return status === 0 ? 'exited 0' : ink.yellow(`exited ${status}`);
  return state === 'alive' ? ink.green(state) : state;
}
