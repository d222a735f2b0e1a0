import type { Holding } from './holding.ts';
import { type PageSets, sizeIsKnown } from './page-sets.ts';

/** Sums over all buffers; pages that two buffers have in common count once. */
export interface Totals {
  readonly buffers: number;
  /** heldBytes + orphanBytes. */
  readonly bytes: number;
  /** Held by a process. */
  readonly heldBytes: number;
  /** In flight, kept by the kernel or by a name, or nobody knows. */
  readonly orphanBytes: number;
  /** Backed by memory now; null if it is not known of any buffer. */
  readonly residentBytes: number | null;
  /** Buffers whose size is not known: with any, the sums of bytes are lower bounds. */
  readonly unknownSizes: number;
  /** Buffers whose resident bytes are not known: with any, residentBytes is a lower bound. */
  readonly unknownResident: number;
}

/** Sums up; `isHeld` tells which buffers count as held, by default those with a holder. */
export function findTotals(holding: Holding, isHeld = (row: number): boolean => hasHolder(holding, row)): Totals {
  const {
    snapshot: { buffers },
    pages: sets,
  } = holding;
  const totals = {
    buffers: buffers.length,
    bytes: 0,
    heldBytes: 0,
    unknownSizes: 0,
    unknownResident: 0,
    resident: 0,
    known: 0,
  };
  for (let row = 0; row < buffers.length; row++) {
    const resident = buffers.resident[row] ?? NaN;
    if (!sizeIsKnown(buffers, row)) totals.unknownSizes++;
    if (Number.isNaN(resident)) totals.unknownResident++;
    else totals.known++;
    if (sets.set[row] !== row) continue;
    const members = sets.aliases.get(row) ?? [row];
    totals.bytes += farthest(sets, members);
    totals.heldBytes += farthest(sets, members.filter(isHeld));
    totals.resident += members.reduce((most, member) => Math.max(most, buffers.resident[member] || 0), 0);
  }
  return {
    buffers: totals.buffers,
    bytes: totals.bytes,
    heldBytes: totals.heldBytes,
    orphanBytes: totals.bytes - totals.heldBytes,
    residentBytes: totals.known > 0 ? totals.resident : null,
    unknownSizes: totals.unknownSizes,
    unknownResident: totals.unknownResident,
  };
}

function hasHolder({ holders: { begin } }: Holding, row: number): boolean {
  return (begin[row + 1] ?? 0) > (begin[row] ?? 0);
}

function farthest(sets: PageSets, members: readonly number[]): number {
  return members.reduce((most, member) => Math.max(most, sets.reach[member] ?? 0), 0);
}
