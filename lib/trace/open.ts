import { Decoder } from '../core/decoder.ts';
import { ByteReader } from './byte-reader.ts';
import { DecodedReader } from './decoded-reader.ts';
import { ATRACE_BYTES, atraceStart } from './atrace.ts';
import { gunzip, GZIP_MAGIC, inflate } from './gunzip.ts';
import { Losses } from './losses.ts';
import { MtrkReader } from './mtrk-reader.ts';
import { refusalOf, sniff, SNIFF_BYTES, startsWith, type TraceFormat } from './sniff.ts';
import { Source } from './source.ts';
import { TraceError } from './trace-error.ts';
import type { TraceBatch, TraceCounter, TraceFacts, TraceProgress, TraceReader } from './trace-reader.ts';
import type { TraceStrings } from './string-table.ts';
import { unzstd, ZSTD_MAGIC } from './unzstd.ts';

/** A gzip in a gzip happens; ten are an attack. */
const WRAPPINGS_MOST = 4;

export interface OpenOptions {
  /** What the unwrapped bytes are, for a file whose beginning does not tell. */
  readonly format?: TraceFormat;
  /** Ends the reading; the iteration then throws its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a recording of any known format, told by its content, plain, in gzip or zstd, or as `atrace -z` writes it; `-` is standard input.
 *
 * @throws TraceError when it cannot be read or is of no known format.
 *
 * @example
 * const trace = await openTrace('python.strace.gz');
 * trace.facts.clock; // 'realtime'
 * let records = 0;
 * for await (const { count } of trace) records += count;
 */
export async function openTrace(path: string, { format, signal }: OpenOptions = {}): Promise<TraceReader> {
  const source = new Source(path, signal);
  const losses = new Losses();
  const bytes = await unwrap(source, losses);
  try {
    return new OpenedTrace(source, bytes, losses, await readerOf(source.name, bytes, losses, format), signal);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** Takes gzip and zstd off until something else comes to light. */
async function unwrap(source: Source, losses: Losses): Promise<ByteReader> {
  let bytes = new ByteReader(source);
  for (let depth = 0; ; depth++) {
    const head = await bytes.peek(ZSTD_MAGIC.length);
    const isGzip = startsWith(head, GZIP_MAGIC);
    if (!isGzip && !startsWith(head, ZSTD_MAGIC)) {
      const start = atraceStart(await bytes.peek(ATRACE_BYTES));
      if (start === null) return bytes;
      await bytes.readInto(new Uint8Array(start));
      return new ByteReader(inflate(bytes.rest(), losses));
    }
    if (depth === WRAPPINGS_MOST) {
      await bytes.close();
      throw new TraceError(source.name, `is compressed more than ${WRAPPINGS_MOST} times over`);
    }
    bytes = new ByteReader(isGzip ? gunzip(bytes.rest(), losses) : unzstd(bytes.rest(), losses));
  }
}

interface FormatReader extends AsyncIterable<TraceBatch> {
  readonly facts: TraceFacts;
  readonly strings: TraceStrings;
  counters(): readonly TraceCounter[];
  close?(): void;
}

async function readerOf(
  name: string,
  bytes: ByteReader,
  losses: Losses,
  asked: TraceFormat | undefined,
): Promise<FormatReader> {
  const head = await bytes.peek(SNIFF_BYTES);
  if (head.length === 0) throw emptiness(name, losses);
  const found = sniff(head);
  if (asked !== undefined && found !== asked && (found !== null || asked === 'mtrk')) {
    const what = found === null ? '' : ` but ${found}`;
    throw new TraceError(name, `is no ${asked === 'mtrk' ? '.mtrk' : asked}${what}`, { tryThis: 'leave --format out' });
  }
  const format = asked ?? found;
  switch (format) {
    case 'mtrk':
      return MtrkReader.open({ name, bytes, losses });
    case 'strace':
    case 'ftrace':
      return DecodedReader.open(format, bytes, new Decoder(format));
    case null:
      throw new TraceError(name, refusalOf(head), {
        position: 0,
        tryThis: 'record with "strace -f -yy -ttt -o FILE COMMAND", or name its --format',
      });
  }
}

function emptiness(name: string, losses: Losses): TraceError {
  const [why] = losses.counters();
  return new TraceError(name, why === undefined ? 'is empty' : `holds nothing that can be read: ${why.meaning}`, {
    position: 0,
    tryThis: 'record it again',
  });
}

/** One reader of some format together with what its bytes came through. */
class OpenedTrace implements TraceReader {
  readonly facts: TraceFacts;
  readonly strings: TraceStrings;
  readonly #source: Source;
  readonly #bytes: ByteReader;
  readonly #losses: Losses;
  readonly #reader: FormatReader;
  readonly #signal: AbortSignal | undefined;
  /** Its bytes were asked for, or let go of: there is nothing to give a second time. */
  #used = false;

  constructor(
    source: Source,
    bytes: ByteReader,
    losses: Losses,
    reader: FormatReader,
    signal: AbortSignal | undefined,
  ) {
    this.facts = reader.facts;
    this.strings = reader.strings;
    this.#source = source;
    this.#bytes = bytes;
    this.#losses = losses;
    this.#reader = reader;
    this.#signal = signal;
  }

  counters(): readonly TraceCounter[] {
    return [...this.#reader.counters(), ...this.#losses.counters()];
  }

  progress(): TraceProgress {
    return this.#source.progress();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceBatch, void, undefined> {
    if (this.#used) {
      throw new Error(
        `${this.#source.name}: a TraceReader is read once, and not after close(); open the recording again`,
      );
    }
    this.#used = true;
    try {
      for await (const batch of this.#reader) {
        this.#signal?.throwIfAborted();
        yield batch;
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#used = true;
    this.#reader.close?.();
    await this.#bytes.close();
  }
}
