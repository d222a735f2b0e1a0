import type { Holding } from './holding.ts';
import { sizeIsKnown } from './page-sets.ts';

/** What a rule charges to whom. Sums are exact below 2^53 bytes. */
export interface Charges {
  readonly rule: string;
  /** By process row, in bytes. */
  readonly bytes: Float64Array;
  /** By process row: 1 if a buffer of unknown size is in it, so that the figure is a lower bound. */
  readonly lowerBound: Uint8Array;
  /** Bytes charged by the rule: what its reader gets who adds up, which for many rules counts shared pages more than once. */
  readonly sum: number;
  /** Bytes that live and that the rule charges to nobody. */
  readonly unattributed: number;
}

/** By process row: 1 if it holds a buffer whose size is not known. */
export function findLowerBounds(holding: Holding): Uint8Array {
  const { snapshot, byProcess, byHolder } = holding;
  const bounds = new Uint8Array(snapshot.processes.length);
  for (const table of [byProcess, byHolder]) {
    for (let row = 0; row < bounds.length; row++) {
      for (let i = table.begin[row] ?? 0; i < (table.end[row] ?? 0) && bounds[row] === 0; i++) {
        if (!sizeIsKnown(snapshot.buffers, table.buffer[i] ?? 0)) bounds[row] = 1;
      }
    }
  }
  return bounds;
}
