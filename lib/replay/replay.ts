import { refuseUnknownOptions } from '../core/known-options.ts';
import { RECORD_WORDS } from '../core/record.ts';
import type { Semantics } from '../core/tracker.ts';
import type { TraceProgress, TraceReader } from '../trace/trace-reader.ts';
import { CommandReplay } from './command-replay.ts';
import { EventReplay } from './event-replay.ts';
import type { ReplayFacts } from './facts.ts';
import { Losses } from './losses.ts';
import type { Loss } from './losses.ts';
import type { Replayed } from './replayed.ts';

const FIRST_EVENT = 64;
const OPTIONS = ['at', 'semantics', 'signal', 'onProgress'];

export interface ReplayOptions {
  /** Nanoseconds on the recording's clock: the state after every event up to and including it. Default: the end. */
  readonly at?: bigint | null;
  /** Default `intended`. */
  readonly semantics?: Semantics;
  /** Stops it; what was replayed by then is the result, marked `interrupted`. */
  readonly signal?: AbortSignal;
  /** Called after every batch. */
  readonly onProgress?: (progress: TraceProgress) => void;
}

/** One family of records, being replayed. */
export interface FamilyReplay {
  apply(words: Uint32Array, count: number, until: bigint | null): void;
  /** Settles what only the end tells, and names what the core refused. */
  finish(losses: Losses, facts: ReplayFacts, read: readonly Loss[]): Replayed;
  close(): void;
}

/**
 * The state that a recording leads to, at its end or at a time. A recording has kernel events or accounting commands;
 * its first record tells. What the recording does not tell, contradicts or only suggests is in `losses`.
 *
 * @throws TypeError for arguments of another type; RangeError for `at` in a recording without a clock; TraceError for one that cannot be read on.
 *
 * @example
 * const replayed = await replay(await openTrace('python.strace.gz'), { at: 1795267380351802546n });
 * replayed.snapshot().buffers.name; // ['demo-ring', 'tile-0', 'tile-1', 'tile-2']
 * replayed.close();
 */
export async function replay(reader: TraceReader, options: ReplayOptions = {}): Promise<Replayed> {
  const { at = null, semantics = 'intended', signal, onProgress } = options;
  try {
    refuseUnknownOptions(options, OPTIONS, 'replay');
    if (at !== null && typeof at !== 'bigint')
      throw new TypeError(`at: expected nanoseconds as a bigint, or null, got ${typeof at}`);
  } catch (error) {
    await reader.close();
    throw error;
  }
  if (at !== null && reader.facts.clock === null) {
    await reader.close();
    throw new RangeError('the recording has no clock: only its end can be shown');
  }
  const losses = new Losses();
  let family: FamilyReplay | null = null;
  let kind: ReplayFacts['family'] = 'events';
  let records = 0;
  let end: bigint | null = null;
  let interrupted = false;
  try {
    for await (const { words, count } of reader) {
      if (family === null) {
        kind = opOf(words, 0) < FIRST_EVENT ? 'commands' : 'events';
        family = begin(kind, semantics, losses, reader);
      }
      family.apply(words, count, at);
      records += count;
      end = lastTime(words, count) ?? end;
      onProgress?.(reader.progress());
      if (signal?.aborted === true) {
        interrupted = true;
        break;
      }
    }
  } catch (error) {
    // An aborted reader throws the signal's reason.
    if (signal?.aborted !== true) {
      family?.close();
      throw error;
    }
    interrupted = true;
  } finally {
    await reader.close();
  }
  family ??= begin(kind, semantics, losses, reader);
  const { facts } = reader;
  const read = reader.counters().filter(({ count }) => count > 0);
  return family.finish(
    losses,
    { ...facts, family: kind, records, end: facts.clock === null ? null : end, at, interrupted },
    read,
  );
}

function begin(kind: ReplayFacts['family'], semantics: Semantics, losses: Losses, reader: TraceReader): FamilyReplay {
  return kind === 'commands'
    ? new CommandReplay(semantics, losses)
    : new EventReplay(semantics, losses, reader.strings);
}

function opOf(words: Uint32Array, record: number): number {
  return words[record * RECORD_WORDS + 7]! & 0xffff;
}

/** Time of the last record of a batch that is no tail. */
function lastTime(words: Uint32Array, count: number): bigint | null {
  let record = count - 1;
  while (record > 0 && opOf(words, record) === 0xffff) record--;
  if (record < 0) return null;
  const at = record * RECORD_WORDS;
  return (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
}
