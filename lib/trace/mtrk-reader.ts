import { FLAG, RECORD_BYTES, RECORD_WORDS, WORD } from '../core/record.ts';
import type { ByteReader } from './byte-reader.ts';
import type { Losses } from './losses.ts';
import * as format from './mtrk-format.ts';
import { decodeCounters, decodeStrings, decodeTotals } from './mtrk-payload.ts';
import { StringTable } from './string-table.ts';
import { TraceError } from './trace-error.ts';
import type { TraceBatch, TraceCounter, TraceFacts } from './trace-reader.ts';

const MORE = FLAG.more << 16;

/** Where a `.mtrk` file's bytes come from and how to speak of it. */
export interface MtrkInput {
  readonly name: string;
  readonly bytes: ByteReader;
  readonly losses: Losses;
}

/**
 * Reads a `.mtrk` file (docs/mtrk.md), holding one chunk at a time. A file that is cut off or damaged is read up to
 * its last good chunk; the rest is counted.
 *
 * @throws TraceError for a header that cannot be used and for a chunk that must not be passed over.
 */
export class MtrkReader {
  readonly facts: TraceFacts;
  readonly strings = new StringTable();
  readonly #input: MtrkInput;
  readonly #chunkHeader = new Uint8Array(format.CHUNK_HEADER_BYTES);
  readonly #words = new Uint32Array(format.BATCH_MOST_RECORDS * RECORD_WORDS);
  readonly #payload = new Uint8Array(this.#words.buffer);
  #counters: readonly TraceCounter[] = [];
  #records = 0;
  #chunks = 0;

  private constructor(input: MtrkInput, facts: format.MtrkFacts) {
    this.#input = input;
    this.facts = { format: 'mtrk', ...facts };
  }

  static async open(input: MtrkInput): Promise<MtrkReader> {
    const length = format.headerLength(await input.bytes.peek(format.HEADER_FIXED_BYTES));
    if (typeof length === 'string') throw refusal(input, 0, length);
    const header = new Uint8Array(length);
    if ((await input.bytes.readInto(header)) < length) throw refusal(input, 0, 'ends inside its header');
    const facts = format.decodeHeader(header);
    if (typeof facts === 'string') throw refusal(input, 0, facts);
    return new MtrkReader(input, facts);
  }

  /** The counters that the file carries, as far as it has been read. */
  counters(): readonly TraceCounter[] {
    return this.#counters;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceBatch, void, undefined> {
    const { bytes, losses } = this.#input;
    for (;;) {
      const start = bytes.position;
      const chunk = await this.#readChunk();
      const outcome = chunk === null ? 'torn' : this.#take(chunk, start);
      if (outcome === 'torn') {
        losses.count('mtrk_no_end');
        losses.count('mtrk_torn_bytes', bytes.position - start + (await bytes.drain()));
        return;
      }
      if (outcome === 'end') {
        losses.count('mtrk_bytes_after_end', await bytes.drain());
        return;
      }
      this.#chunks++;
      if (outcome !== 'taken') yield outcome;
    }
  }

  /** The next chunk if its checksum is right; its payload is only valid until the next call. */
  async #readChunk(): Promise<Chunk | null> {
    const { bytes } = this.#input;
    if ((await bytes.readInto(this.#chunkHeader)) < format.CHUNK_HEADER_BYTES) return null;
    const header = format.decodeChunkHeader(this.#chunkHeader);
    if (header.length > format.CHUNK_MOST_BYTES || header.length % 8 !== 0) return null;
    const fits = header.length <= this.#payload.length;
    const payload = fits ? this.#payload.subarray(0, header.length) : new Uint8Array(header.length);
    if ((await bytes.readInto(payload)) < header.length) return null;
    return format.chunkChecksum(this.#chunkHeader, payload) === header.checksum ? { header, payload } : null;
  }

  #take({ header, payload }: Chunk, start: number): TraceBatch | 'taken' | 'torn' | 'end' {
    if (header.foreign) throw this.#mustKnow(header, start);
    switch (header.type) {
      case 'RECS':
        return this.#takeRecords(payload);
      case 'STRS':
        return this.#takeStrings(payload) ? 'taken' : 'torn';
      case 'LOSS': {
        const counters = decodeCounters(payload);
        if (counters !== null) this.#counters = counters;
        return counters === null ? 'torn' : 'taken';
      }
      case 'ENDS':
        return this.#takeTotals(payload) ? 'end' : 'torn';
      default:
        if (!header.optional) throw this.#mustKnow(header, start);
        this.#input.losses.count('mtrk_chunks_skipped');
        return 'taken';
    }
  }

  #takeRecords(payload: Uint8Array): TraceBatch | 'torn' {
    const count = payload.length / RECORD_BYTES;
    const whole = Number.isInteger(count) && count > 0 && count <= format.BATCH_MOST_RECORDS;
    if (!whole || (this.#words[(count - 1) * RECORD_WORDS + WORD.opFlags]! & MORE) !== 0) return 'torn';
    this.#records += count;
    return { words: this.#words, count };
  }

  #takeStrings(payload: Uint8Array): boolean {
    const found = decodeStrings(payload);
    if (found?.first !== this.strings.length) return false;
    for (const text of found.strings) this.strings.append(text);
    return true;
  }

  #takeTotals(payload: Uint8Array): boolean {
    const totals = decodeTotals(payload);
    if (totals === null) return false;
    const same =
      totals.records === this.#records && totals.strings === this.strings.length && totals.chunks === this.#chunks;
    if (!same) this.#input.losses.count('mtrk_totals_differ');
    return true;
  }

  #mustKnow({ type, foreign }: format.ChunkHeader, start: number): TraceError {
    const what = foreign ? 'flags' : 'kind';
    return refusal(this.#input, start, `has a chunk "${type}" of a ${what} that must be known to read it`);
  }
}

interface Chunk {
  readonly header: format.ChunkHeader;
  readonly payload: Uint8Array;
}

const NEWER = 'it is from a newer memtrack, or damaged: update memtrack, or convert the recording again';

function refusal({ name }: MtrkInput, position: number, what: string): TraceError {
  return new TraceError(name, what, { position, tryThis: NEWER });
}
