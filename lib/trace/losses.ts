import type { TraceCounter } from './trace-reader.ts';

/** What can be lost between a file's bytes and its records, whatever its format. */
const LOSSES = {
  gzip_torn: ['data-loss', 'The gzip data ends too early: whatever came after is missing.'],
  gzip_damaged: ['data-loss', 'The gzip data is damaged: reading stopped there.'],
  gzip_trailing_bytes: ['error', 'Bytes after the end of the gzip data were not read.'],
  zlib_torn: ['data-loss', 'The zlib data ends too early: whatever came after is missing.'],
  zlib_damaged: ['data-loss', 'The zlib data is damaged: reading stopped there.'],
  zlib_trailing_bytes: ['error', 'Bytes after the end of the zlib data were not read.'],
  zstd_torn: ['data-loss', 'The zstd data ends too early: whatever came after is missing.'],
  zstd_damaged: ['data-loss', 'The zstd data is damaged: reading stopped there.'],
  mtrk_no_end: ['data-loss', 'The file has no closing chunk: what was recorded after its last good chunk is missing.'],
  mtrk_torn_bytes: ['data-loss', 'Bytes after the last good chunk could not be used: the file is cut off or damaged.'],
  mtrk_totals_differ: ['error', 'The totals in the closing chunk are not what was read.'],
  mtrk_bytes_after_end: ['error', 'Bytes after the closing chunk were not read.'],
  mtrk_chunks_skipped: ['info', 'Optional chunks of a kind that this version does not know were skipped.'],
} as const satisfies Readonly<Record<string, readonly [TraceCounter['severity'], string]>>;

export type LossName = keyof typeof LOSSES;

/** Counts of one input; shared by everything that its bytes pass through. */
export class Losses {
  readonly #counts = new Map<LossName, number>();

  count(name: LossName, by = 1): void {
    if (by > 0) this.#counts.set(name, this.value(name) + by);
  }

  value(name: LossName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Only what was counted. */
  counters(): readonly TraceCounter[] {
    return [...this.#counts].map(([name, count]) => {
      const [severity, meaning] = LOSSES[name];
      return { name, severity, count, meaning };
    });
  }
}
