import { RECORD_WORDS } from '../core/record.ts';
import type { TraceReader } from '../trace/trace-reader.ts';

/** Where on its clock a recording begins and ends. */
export interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Reads a recording to its end only for its times; null: it has no clock.
 *
 * @example
 * const span = await spanOf(await openTrace('python.strace.gz'));
 */
export async function spanOf(reader: TraceReader): Promise<Span | null> {
  let end: bigint | null = null;
  for await (const { words, count } of reader) {
    for (let record = count - 1; record >= 0; record--) {
      const at = record * RECORD_WORDS;
      if ((words[at + 7]! & 0xffff) === 0xffff) continue;
      end = (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
      break;
    }
  }
  const { clock, start } = reader.facts;
  return clock === null || start === null || end === null ? null : { start, end };
}
