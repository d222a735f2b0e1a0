import { DECODE_COUNTERS } from '../core/decoder.ts';
import { OP, RECORD_WORDS, WORD } from '../core/record.ts';
import type { ByteReader } from './byte-reader.ts';
import { BATCH_MOST_RECORDS } from './mtrk-format.ts';
import { StringTable } from './string-table.ts';
import type { TraceBatch, TraceCounter, TraceFacts, TraceMode } from './trace-reader.ts';

/** What the add-on's decoders do: bytes in, cut anywhere; records out, whole groups. */
export interface RecordDecoder {
  push(bytes: Uint8Array): void;
  finish(): void;
  /** Fills `out` with records and returns how many; 0 when there are none. */
  take(out: Uint32Array): number;
  /** Strings from number `from` on. */
  strings(from: number): readonly string[];
  /** Those that are not zero. */
  counters(): readonly TraceCounter[];
  close(): void;
}

/** Times since 1970 in nanoseconds are above this (1973); `strace -t`, `-tt` and `-r` stay far below. */
const SINCE_EPOCH = 10n ** 17n;

/** Events that tell of descriptors, or of buffers that have them. */
const REFERENCES: ReadonlySet<number> = new Set([
  OP.memfd,
  OP.open,
  OP.mmap,
  OP.close,
  OP.dup,
  OP.heapAlloc,
  OP.udmabuf,
  OP.fdFile,
  OP.fdName,
  OP.export,
  OP.send,
  OP.receive,
]);

/** Feeds the bytes of one recording to the decoder of its format and hands out what it makes of them. */
export class DecodedReader {
  readonly facts: TraceFacts;
  readonly strings = new StringTable();
  readonly #decoder: RecordDecoder;
  readonly #batches: AsyncGenerator<number, void, undefined>;
  readonly #words: Uint32Array;
  /** The batch that was read ahead for the facts. */
  #ahead: number;
  #last: readonly TraceCounter[] | null = null;

  private constructor(decoder: RecordDecoder, batches: AsyncGenerator<number, void, undefined>, ahead: Ahead) {
    this.#decoder = decoder;
    this.#batches = batches;
    this.#words = ahead.words;
    this.#ahead = ahead.count;
    const { clock, start } = clockOf(ahead);
    this.facts = { format: ahead.format, origin: ahead.format, mode: modeOf(ahead), clock, start };
  }

  /** Reads up to the first records, which tell whether the recording has a clock. */
  static async open(format: string, bytes: ByteReader, decoder: RecordDecoder): Promise<DecodedReader> {
    const words = new Uint32Array(BATCH_MOST_RECORDS * RECORD_WORDS);
    const batches = decode(bytes, decoder, words);
    const first = await batches.next();
    return new DecodedReader(decoder, batches, { format, words, count: first.done === true ? 0 : first.value });
  }

  /** All that a decoder has, in its order, also the zeros: loss records refer to them by index. */
  counters(): readonly TraceCounter[] {
    if (this.#last !== null) return this.#last;
    const counted = new Map(this.#decoder.counters().map((count) => [count.name, count]));
    return DECODE_COUNTERS.map((info) => counted.get(info.name) ?? { ...info, count: 0 });
  }

  /** Lets go of the decoder; the counters stay. Twice is fine. */
  close(): void {
    this.#last ??= this.counters();
    this.#decoder.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceBatch, void, undefined> {
    let count = this.#ahead;
    this.#ahead = 0;
    while (count > 0) {
      for (const text of this.#decoder.strings(this.strings.length)) this.strings.append(text);
      yield { words: this.#words, count };
      const next = await this.#batches.next();
      count = next.done === true ? 0 : next.value;
    }
  }
}

interface Ahead {
  readonly format: string;
  readonly words: Uint32Array;
  readonly count: number;
}

/** Yields the number of records that stand in `words`. */
async function* decode(
  bytes: ByteReader,
  decoder: RecordDecoder,
  words: Uint32Array,
): AsyncGenerator<number, void, undefined> {
  for await (const chunk of bytes.rest()) {
    decoder.push(chunk);
    for (let count = decoder.take(words); count > 0; count = decoder.take(words)) yield count;
  }
  decoder.finish();
  for (let count = decoder.take(words); count > 0; count = decoder.take(words)) yield count;
}

/** Times never decrease, so the last of a batch tells whether there are any; the first may rightly be 0. */
function clockOf({ words, count }: Ahead): Pick<TraceFacts, 'clock' | 'start'> {
  let last = count - 1;
  while (last > 0 && (words[last * RECORD_WORDS + WORD.opFlags]! & 0xffff) === OP.tail) last--;
  if (last < 0 || timeOf(words, last) === 0n) return { clock: null, start: null };
  const start = timeOf(words, 0);
  return { clock: start > SINCE_EPOCH ? 'realtime' : 'unnamed', start };
}

/** As far as its beginning tells; a replay says at its end what it really was. */
function modeOf({ words, count }: Ahead): TraceMode {
  let allocator = false;
  for (let record = 0; record < count; record++) {
    const op = words[record * RECORD_WORDS + WORD.opFlags]! & 0xffff;
    if (REFERENCES.has(op)) return 'references';
    if (op === OP.alloc || op === OP.free) allocator = true;
  }
  return allocator ? 'allocator' : 'references';
}

function timeOf(words: Uint32Array, record: number): bigint {
  const at = record * RECORD_WORDS + WORD.time;
  return (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
}
