import { OP, RECORD_WORDS } from '../core/record.ts';
import { Tracker } from '../core/tracker.ts';
import type { Semantics } from '../core/tracker.ts';
import { snapshotOfTracker } from './command-snapshot.ts';
import type { ReplayFacts } from './facts.ts';
import type { Loss, Losses } from './losses.ts';
import type { FamilyReplay } from './replay.ts';
import type { Replayed } from './replayed.ts';

const FIRST_EVENT = 64;

/** A recording of accounting commands: the core executes them with the recording's own keys. */
export class CommandReplay implements FamilyReplay {
  readonly #tracker: Tracker;
  readonly #losses: Losses;

  constructor(semantics: Semantics, losses: Losses) {
    this.#tracker = new Tracker({ semantics });
    this.#losses = losses;
  }

  apply(words: Uint32Array, count: number, until: bigint | null): void {
    for (let first = 0; first < count;) {
      const end = this.#runEnd(words, first, count, until);
      if (end > first) {
        const run = words.subarray(first * RECORD_WORDS, end * RECORD_WORDS);
        this.#tracker.apply(run, end - first);
      }
      first = this.#skip(words, end, count, until);
    }
  }

  finish(losses: Losses, facts: ReplayFacts, read: readonly Loss[]): Replayed {
    const tracker = this.#tracker;
    const close = (): void => tracker.close();
    return {
      facts,
      kernel: null,
      tracker,
      losses: [...read, ...losses.list(), ...tracker.counters()],
      snapshot: () => snapshotOfTracker(tracker, facts),
      close,
      [Symbol.dispose]: close,
    };
  }

  close(): void {
    this.#tracker.close();
  }

  /** The first record from `first` on that is not to be executed. */
  #runEnd(words: Uint32Array, first: number, count: number, until: bigint | null): number {
    let end = first;
    while (end < count && wanted(words, end, until)) end = groupEnd(words, end, count);
    return end;
  }

  /** Passes over what is later than `until`, and over events, which are counted. */
  #skip(words: Uint32Array, first: number, count: number, until: bigint | null): number {
    let at = first;
    while (at < count && !wanted(words, at, until)) {
      if (opOf(words, at) >= FIRST_EVENT && opOf(words, at) !== OP.loss) this.#losses.count('record_other_family');
      at = groupEnd(words, at, count);
    }
    return at;
  }
}

function opOf(words: Uint32Array, record: number): number {
  return words[record * RECORD_WORDS + 7]! & 0xffff;
}

/** One past the record's tails. */
function groupEnd(words: Uint32Array, record: number, count: number): number {
  let end = record;
  while (end < count && (words[end * RECORD_WORDS + 7]! | 0) < 0) end++;
  return Math.min(end + 1, count);
}

function wanted(words: Uint32Array, record: number, until: bigint | null): boolean {
  if (opOf(words, record) >= FIRST_EVENT) return false;
  if (until === null) return true;
  const at = record * RECORD_WORDS;
  return ((BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!)) <= until;
}
