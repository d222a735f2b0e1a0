/**
 * Who holds what: a process holds a buffer if a table or an address space that it uses has a descriptor or a
 * mapping of it, or a file that it reaches (a DRM file, an ION client) has a handle of it. Processes that share any of
 * these, transitively, are one holder, named by the member that started first.
 */

import type { Snapshot } from '../core/snapshot.ts';
import { findPageSets, type PageSets } from './page-sets.ts';
import { type ReferenceTable, ReferenceTableBuilder } from './reference-table.ts';
import { findSharing, type Sharing } from './sharing.ts';

export interface Holding {
  readonly snapshot: Snapshot;
  readonly sharing: Sharing;
  readonly pages: PageSets;
  /** By process row: what the process's own tables, address spaces and containers refer to. */
  readonly byProcess: ReferenceTable;
  /** By process row: what the whole holder refers to, at its leading row; other rows are empty. */
  readonly byHolder: ReferenceTable;
  /** By buffer row: its holders. */
  readonly holders: HolderColumns;
  /** By buffer row: references in sockets' queues, and those of containers that only sockets' queues have. */
  readonly inFlight: Uint32Array;
}

export interface HolderColumns {
  /** Buffer row -> its first holder; one more at the end. */
  readonly begin: Uint32Array;
  /** Holder -> leading process row, ascending within a buffer. */
  readonly process: Uint32Array;
  /** Holder -> its entry in `byHolder`. */
  readonly entry: Uint32Array;
}

/**
 * Sums up the references of a snapshot; every rule and report starts from this.
 *
 * @example
 * const holding = findHolding(kernel.snapshot());
 * rules.pss(holding).bytes[0]; // of the first process
 */
export function findHolding(snapshot: Snapshot): Holding {
  const { buffers, processes } = snapshot;
  const sharing = findSharing(processes);
  const references = sortReferences(snapshot, sharing);

  const holds = sortHolds(snapshot);
  const own = new ReferenceTableBuilder(processes.length, buffers.length);
  const whole = new ReferenceTableBuilder(processes.length, buffers.length);
  const seen = new Map<string, number>();
  for (let row = 0; row < processes.length; row++) {
    const used = sharing.used[row] ?? [];
    // Threads of one table need not be summed up ten thousand times.
    const signature = holds.has(row) ? `process ${row}` : used.join();
    const same = seen.get(signature);
    if (same === undefined) {
      seen.set(signature, row);
      addRow(own, row, used, references, snapshot);
      addHolds(own, [row], holds, snapshot);
    } else {
      own.sameAs(row, same);
    }
    if (sharing.group[row] !== row) continue;
    const members = sharing.members.get(row);
    const all = members === undefined ? used : new Set(members.flatMap((member) => sharing.used[member] ?? []));
    addRow(whole, row, all, references, snapshot);
    addHolds(whole, members ?? [row], holds, snapshot);
  }
  const byHolder = whole.finish();
  return {
    snapshot,
    sharing,
    pages: findPageSets(buffers),
    byProcess: own.finish(),
    byHolder,
    holders: turn(byHolder, buffers.length),
    inFlight: countInFlight(snapshot, sharing),
  };
}

function countInFlight({ buffers, inFlight, containers, handles }: Snapshot, sharing: Sharing): Uint32Array {
  const counts = new Uint32Array(buffers.length);
  for (const buffer of inFlight.buffer) counts[buffer] = (counts[buffer] ?? 0) + 1;
  const passed = new Map<number, number>();
  containers.id.forEach((id, row) => {
    if (!sharing.containerIndex.has(id)) passed.set(id, containers.inFlight[row] ?? 0);
  });
  handles.buffer.forEach((buffer, i) => {
    counts[buffer] = (counts[buffer] ?? 0) + (passed.get(handles.container[i] ?? NaN) ?? 0);
  });
  return counts;
}

/** References by the table, address space or container they are in: descriptors as their row, then mappings, then handles. */
interface SortedReferences {
  readonly begin: Uint32Array;
  readonly reference: Uint32Array;
}

function sortReferences({ fds, maps, handles }: Snapshot, sharing: Sharing): SortedReferences {
  const firstHandle = fds.length + maps.length;
  const place = new Int32Array(firstHandle + handles.length);
  const begin = new Uint32Array(sharing.length + 1);
  const put = (reference: number, index = -1): void => {
    place[reference] = index;
    if (index >= 0) begin[index + 1] = (begin[index + 1] ?? 0) + 1;
  };
  // A table that no process uses (the last user is gone) holds nothing.
  for (let i = 0; i < fds.length; i++) put(i, sharing.tableIndex.get(fds.table[i] ?? NaN));
  for (let i = 0; i < maps.length; i++) put(fds.length + i, sharing.addressSpaceIndex.get(maps.addressSpace[i] ?? NaN));
  for (let i = 0; i < handles.length; i++)
    put(firstHandle + i, sharing.containerIndex.get(handles.container[i] ?? NaN));
  for (let i = 0; i < sharing.length; i++) begin[i + 1] = (begin[i + 1] ?? 0) + (begin[i] ?? 0);

  const next = begin.slice();
  const reference = new Uint32Array(begin[sharing.length] ?? 0);
  for (let i = 0; i < place.length; i++) {
    const index = place[i] ?? -1;
    if (index < 0) continue;
    const at = next[index] ?? 0;
    next[index] = at + 1;
    reference[at] = i;
  }
  return { begin, reference };
}

function addRow(
  table: ReferenceTableBuilder,
  row: number,
  used: Iterable<number>,
  references: SortedReferences,
  { fds, maps, handles }: Snapshot,
): void {
  table.beginRow(row);
  const firstHandle = fds.length + maps.length;
  for (const index of used) {
    for (let at = references.begin[index] ?? 0; at < (references.begin[index + 1] ?? 0); at++) {
      const reference = references.reference[at] ?? 0;
      if (reference < fds.length) {
        table.add(fds.buffer[reference] ?? 0, 1, 0, 0, fds.since[reference] ?? 0n);
      } else if (reference < firstHandle) {
        const map = reference - fds.length;
        table.add(maps.buffer[map] ?? 0, 0, 1, 0, maps.since[map] ?? 0n);
      } else {
        const handle = reference - firstHandle;
        table.add(handles.buffer[handle] ?? 0, 0, 0, 1, handles.since[handle] ?? 0n);
      }
    }
  }
}

/** Rows of `holds` by process. */
function sortHolds({ holds }: Snapshot): ReadonlyMap<number, readonly number[]> {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < (holds?.length ?? 0); i++) {
    const process = holds!.process[i]!;
    const found = rows.get(process);
    if (found === undefined) rows.set(process, [i]);
    else found.push(i);
  }
  return rows;
}

function addHolds(
  table: ReferenceTableBuilder,
  processes: Iterable<number>,
  rows: ReadonlyMap<number, readonly number[]>,
  { holds }: Snapshot,
): void {
  for (const process of processes) {
    for (const i of rows.get(process) ?? []) table.add(holds!.buffer[i] ?? 0, 0, 0, 0, holds!.since[i] ?? 0n);
  }
}

/** From "holder -> buffers" to "buffer -> holders". */
function turn(table: ReferenceTable, buffers: number): HolderColumns {
  const begin = new Uint32Array(buffers + 1);
  for (const buffer of table.buffer) begin[buffer + 1] = (begin[buffer + 1] ?? 0) + 1;
  for (let i = 0; i < buffers; i++) begin[i + 1] = (begin[i + 1] ?? 0) + (begin[i] ?? 0);
  const next = begin.slice();
  const process = new Uint32Array(table.buffer.length);
  const entry = new Uint32Array(table.buffer.length);
  for (let row = 0; row < table.begin.length; row++) {
    for (let i = table.begin[row] ?? 0; i < (table.end[row] ?? 0); i++) {
      const buffer = table.buffer[i] ?? 0;
      const at = next[buffer] ?? 0;
      next[buffer] = at + 1;
      process[at] = row;
      entry[at] = i;
    }
  }
  return { begin, process, entry };
}
