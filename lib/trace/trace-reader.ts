import type { Count } from '../core/counters.ts';
import type { TraceStrings } from './string-table.ts';

/** Whether a recording shows who holds a buffer, or only who allocated it; the two are never mixed. */
export type TraceMode = 'references' | 'allocator';

/** What a recording says about itself. */
export interface TraceFacts {
  /** The file's own form: `mtrk`, `strace`. */
  readonly format: string;
  /** The form it was first recorded in; differs from `format` after a conversion. */
  readonly origin: string;
  readonly mode: TraceMode;
  /** The clock its times are on (`realtime`, or `unnamed` where the recording does not say); null: it has no times. */
  readonly clock: string | null;
  /** Nanoseconds on that clock at the first event; null without a clock or without an event. */
  readonly start: bigint | null;
}

/** Whole groups of records, at most 65,536 of them. The words are only valid until the next batch is asked for. */
export interface TraceBatch {
  readonly words: Uint32Array;
  readonly count: number;
}

/** Something lost, skipped or guessed on the way in. */
export type TraceCounter = Count;

/** How much of the input has been read, in its own (perhaps compressed) bytes. */
export interface TraceProgress {
  readonly read: number;
  /** null where it cannot be known, as for a pipe. */
  readonly total: number | null;
}

/**
 * A recording of any format as batches of records (native/record/record.h), in the order of the recording.
 * It can be iterated once, and not after `close()`: the iteration then throws an Error. Numbers of strings in a batch are found in `strings` as soon as the batch is there.
 *
 * @example
 * const trace = await openTrace('python.strace.gz');
 * let records = 0;
 * for await (const { count } of trace) records += count;
 * trace.counters().filter(({ count }) => count > 0);
 */
export interface TraceReader extends AsyncIterable<TraceBatch> {
  readonly facts: TraceFacts;
  readonly strings: TraceStrings;
  /** The format's own counters come first, in its order: a loss record's `aux` is an index into them. */
  counters(): readonly TraceCounter[];
  progress(): TraceProgress;
  /** Lets go of the file; twice is fine. Reading to the end does so by itself. */
  close(): Promise<void>;
}
