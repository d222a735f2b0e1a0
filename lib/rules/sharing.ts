import type { ProcessColumns } from '../core/snapshot.ts';

/** Fd tables, address spaces and containers, numbered densely, and which processes use them. */
export interface Sharing {
  /** Number of tables, address spaces and containers. */
  readonly length: number;
  readonly tableIndex: ReadonlyMap<number, number>;
  readonly addressSpaceIndex: ReadonlyMap<number, number>;
  readonly containerIndex: ReadonlyMap<number, number>;
  /** Process row -> what it uses, each once. */
  readonly used: readonly (readonly number[])[];
  /** Process row -> row of the first-started process it shares with, transitively; its own row if it shares with none. */
  readonly group: Int32Array;
  /** Leading row -> all rows of the group, ascending; only groups of more than one. */
  readonly members: ReadonlyMap<number, readonly number[]>;
}

/** Who shares a table or an address space with whom (CLONE_FILES, CLONE_VM, vfork), or a file that holds buffers (fork, SCM_RIGHTS). */
export function findSharing(processes: ProcessColumns): Sharing {
  const tableIndex = new Map<number, number>();
  const addressSpaceIndex = new Map<number, number>();
  const containerIndex = new Map<number, number>();
  const firstUser: number[] = [];
  const used: number[][] = [];
  const group = new Int32Array(processes.length);

  for (let row = 0; row < processes.length; row++) {
    group[row] = row;
    const mine = new Set<number>();
    for (const id of processes.tables[row] ?? []) mine.add(number(tableIndex, id, firstUser));
    for (const id of processes.addressSpaces[row] ?? []) mine.add(number(addressSpaceIndex, id, firstUser));
    for (const id of processes.containers[row] ?? []) mine.add(number(containerIndex, id, firstUser));
    used.push([...mine]);
    for (const index of mine) {
      const first = firstUser[index] ?? -1;
      if (first < 0) firstUser[index] = row;
      else join(group, row, first);
    }
  }

  const members = new Map<number, number[]>();
  for (let row = 0; row < processes.length; row++) {
    const leader = find(group, row);
    group[row] = leader;
    if (leader === row) continue;
    const rows = members.get(leader);
    if (rows === undefined) members.set(leader, [leader, row]);
    else rows.push(row);
  }
  return { length: firstUser.length, tableIndex, addressSpaceIndex, containerIndex, used, group, members };
}

function number(indexes: Map<number, number>, id: number, firstUser: number[]): number {
  let index = indexes.get(id);
  if (index === undefined) {
    index = firstUser.push(-1) - 1;
    indexes.set(id, index);
  }
  return index;
}

function find(group: Int32Array, row: number): number {
  let root = row;
  while (group[root] !== root) root = group[root] ?? root;
  while (group[row] !== root) {
    const next = group[row] ?? root;
    group[row] = root;
    row = next;
  }
  return root;
}

/** Joins two groups under the member that started first. */
function join(group: Int32Array, a: number, b: number): void {
  const first = find(group, a);
  const second = find(group, b);
  group[Math.max(first, second)] = Math.min(first, second);
}
