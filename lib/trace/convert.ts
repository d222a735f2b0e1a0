import type { MtrkTotals } from './mtrk-payload.ts';
import { MtrkWriter } from './mtrk-writer.ts';
import type { TraceProgress, TraceReader } from './trace-reader.ts';

export interface ConvertOptions {
  readonly signal?: AbortSignal;
  /** Called after every batch. */
  readonly onProgress?: (progress: TraceProgress) => void;
}

/**
 * Writes a recording of any format as `.mtrk`: the same records, strings, facts and counters, so that a replay of
 * the result equals a replay of the recording. Leaves no file behind when it fails or is aborted.
 *
 * @example
 * const trace = await openTrace('python.strace.gz');
 * const { records } = await convertTrace(trace, 'python.mtrk');
 */
export async function convertTrace(
  trace: TraceReader,
  path: string,
  { signal, onProgress }: ConvertOptions = {},
): Promise<MtrkTotals> {
  const writer = await MtrkWriter.create(path, trace.facts);
  try {
    let strings = 1;
    for await (const { words, count } of trace) {
      signal?.throwIfAborted();
      for (; strings < trace.strings.length; strings++) writer.string(trace.strings.get(strings) ?? '');
      // Names first: a file that is cut off can still say what its loss records mean.
      if (writer.records === 0) await writer.counters(trace.counters());
      await writer.write(words, count);
      onProgress?.(trace.progress());
    }
    for (; strings < trace.strings.length; strings++) writer.string(trace.strings.get(strings) ?? '');
    signal?.throwIfAborted();
    await writer.counters(trace.counters());
    return await writer.close();
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    await trace.close();
  }
}
