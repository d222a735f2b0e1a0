import type { Snapshot } from '../core/snapshot.ts';

/** Rows of `fds` or `maps` by process row. */
export type RowsOfProcess = (process: number) => readonly number[];

/**
 * What tools see that look into /proc/[pid]/fd and /proc/[pid]/fdinfo: the descriptors of the first table of each process, its
 * leader's as long as that lives. Tables of other threads are only under /proc/[pid]/task; a shared table is seen in each process.
 */
export function fdsByProcess({ processes, fds }: Snapshot): RowsOfProcess {
  return byProcess(processes.tables, fds.table);
}

/** What tools see in /proc/[pid]/maps. */
export function mapsByProcess({ processes, maps }: Snapshot): RowsOfProcess {
  return byProcess(processes.addressSpaces, maps.addressSpace);
}

function byProcess(used: readonly (readonly number[])[], column: readonly number[]): RowsOfProcess {
  const rows = new Map<number, number[]>();
  column.forEach((id, row) => {
    const list = rows.get(id);
    if (list === undefined) rows.set(id, [row]);
    else list.push(row);
  });
  return (process) => rows.get(used[process]?.[0] ?? NaN) ?? [];
}
