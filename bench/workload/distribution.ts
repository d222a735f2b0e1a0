import { OP, RECORD_WORDS } from '../../lib/core/record.ts';
import type { Population } from './population.ts';

/** What a generated workload turned out to be, to be held against what its shape asks for. */
export interface Distribution {
  readonly processes: number;
  readonly buffers: number;
  readonly handles: number;
  /** Of the buffers, those that nobody holds. */
  readonly unheld: number;
  /** `holders[n]`: share of the held buffers that n processes hold. */
  readonly holders: readonly number[];
  readonly medianHandles: number;
  readonly maxHandles: number;
  /** References per handle. */
  readonly meanCount: number;
}

/** Counts commands per op while chunks pass by. */
export class MixCounter {
  readonly counts = new Float64Array(16);

  readonly add = (words: Uint32Array, count: number): void => {
    for (let at = 7; at < count * RECORD_WORDS; at += RECORD_WORDS) this.counts[words[at]! & 15]!++;
  };

  /** Share of each command, by name. */
  shares(): Record<string, number> {
    const total = this.counts.reduce((sum, n) => sum + n, 0);
    const named = Object.entries(OP).filter(([, op]) => op < 16 && this.counts[op]! > 0);
    return Object.fromEntries(named.map(([name, op]) => [name, this.counts[op]! / total]));
  }
}

export function distributionOf(people: Population): Distribution {
  const perProcess = [...people.handlesOf].filter((_, slot) => people.task[slot] !== 0).sort((a, b) => a - b);
  const histogram: number[] = [];
  let held = 0;
  let unheld = 0;
  people.holdersOf.forEach((holders, buffer) => {
    if (people.buffer[buffer] === 0) return;
    if (holders === 0) {
      unheld++;
      return;
    }
    held++;
    histogram[holders] = (histogram[holders] ?? 0) + 1;
  });
  return {
    processes: perProcess.length,
    buffers: held + unheld,
    handles: people.handles.size,
    unheld,
    holders: Array.from({ length: histogram.length }, (_, n) => (histogram[n] ?? 0) / held),
    medianHandles: perProcess[perProcess.length >> 1] ?? 0,
    maxHandles: perProcess.at(-1) ?? 0,
    meanCount: people.counts / people.handles.size,
  };
}
