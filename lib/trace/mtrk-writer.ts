import { randomBytes } from 'node:crypto';
import { open, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { FLAG, RECORD_BYTES, RECORD_WORDS, WORD } from '../core/record.ts';
import { encodeText } from '../core/text.ts';
import * as format from './mtrk-format.ts';
import { encodeCounters, encodeStrings, encodeTotals, stringBytes, type MtrkTotals } from './mtrk-payload.ts';
import { TraceError } from './trace-error.ts';
import type { TraceCounter } from './trace-reader.ts';

const MORE = FLAG.more << 16;
/** A chunk of strings is written when it has grown to this. */
const STRINGS_BYTES = 1 << 20;

/**
 * Writes a `.mtrk` file (docs/mtrk.md). Writes beside the target and renames on `close`, so that a file under the
 * target's name is whole; a target that is not a file (a pipe, a device) is written straight. After a failure, or
 * `discard`, nothing is left behind. Calls must be awaited one after the other.
 *
 * @example
 * const writer = await MtrkWriter.create('out.mtrk', { mode: 'references', clock: 'realtime', start: 0n, origin: 'strace' });
 * const camera = writer.string('camera'); // its number, for records
 * const records = new RecordWriter();
 * records.spawn(1, 612);
 * await writer.write(records.words, records.count);
 * await writer.close();
 */
export class MtrkWriter {
  readonly #file: FileHandle;
  readonly #target: string;
  /** null: written straight. */
  readonly #temporary: string | null;
  readonly #chunk = new Uint8Array(format.CHUNK_HEADER_BYTES + format.BATCH_MOST_BYTES);
  readonly #words = new Uint32Array(this.#chunk.buffer, format.CHUNK_HEADER_BYTES);
  #pending = 0;
  #newStrings: Uint8Array[] = [];
  #newStringBytes = 0;
  #strings = 1;
  #records = 0;
  #chunks = 0;
  #open = true;

  private constructor(file: FileHandle, target: string, temporary: string | null) {
    this.#file = file;
    this.#target = target;
    this.#temporary = temporary;
  }

  static async create(name: string, facts: format.MtrkFacts): Promise<MtrkWriter> {
    const header = format.encodeHeader(facts);
    const found = await stat(name).catch(() => null);
    const target = found === null ? name : await realpath(name);
    const straight = found !== null && !found.isFile();
    const temporary = straight ? null : `${target}.${randomBytes(6).toString('hex')}.tmp`;
    const file = await open(temporary ?? target, temporary === null ? 'w' : 'wx').catch((error: unknown) => {
      throw unwritable(target, error);
    });
    const writer = new MtrkWriter(file, target, temporary);
    await writer.#put(header);
    return writer;
  }

  /** Records appended so far. */
  get records(): number {
    return this.#records + this.#pending;
  }

  /** Adds a string and returns its number: 1 for the first, then one more each. Records may refer to it from now on. */
  string(text: string): number {
    const bytes = encodeText(text);
    if (bytes.length > STRINGS_BYTES) throw new RangeError(`a string of ${bytes.length} bytes; ${STRINGS_BYTES} fit`);
    this.#newStrings.push(bytes);
    this.#newStringBytes += stringBytes(bytes);
    return this.#strings++;
  }

  /**
   * Appends `count` records, whole groups only.
   *
   * @throws RangeError when the last record wants a tail, or a group has more records than a chunk.
   */
  async write(words: Uint32Array, count: number): Promise<void> {
    this.#use();
    if (this.#newStringBytes >= STRINGS_BYTES) await this.#flushStrings();
    if (count > 0 && isMore(words, count - 1)) throw new RangeError('the last record of a batch wants a tail');
    for (let from = 0; from < count;) {
      let take = Math.min(count - from, format.BATCH_RECORDS - this.#pending);
      while (take > 0 && isMore(words, from + take - 1)) take--;
      if (take === 0 && this.#pending > 0) {
        await this.#flush();
        continue;
      }
      if (take === 0) take = groupLength(words, from);
      this.#words.set(words.subarray(from * RECORD_WORDS, (from + take) * RECORD_WORDS), this.#pending * RECORD_WORDS);
      this.#pending += take;
      from += take;
      if (this.#pending >= format.BATCH_RECORDS) await this.#flush();
    }
  }

  /** What was lost so far; the last word counts. Loss records refer to it by index, so the order must stay. */
  async counters(counters: readonly TraceCounter[]): Promise<void> {
    this.#use();
    await this.#flush();
    await this.#putChunk(encodeCounters(counters), 'LOSS');
  }

  /** Writes what is pending and the closing chunk, and gives the file its name. */
  async close(): Promise<MtrkTotals> {
    this.#use();
    await this.#flush();
    const totals = { records: this.#records, strings: this.#strings, chunks: this.#chunks };
    await this.#putChunk(encodeTotals(totals), 'ENDS');
    this.#open = false;
    try {
      if (this.#temporary !== null) await this.#file.datasync();
      await this.#file.close();
      if (this.#temporary !== null) await rename(this.#temporary, this.#target);
    } catch (error) {
      await this.#forget();
      throw error;
    }
    return totals;
  }

  /** Gives up: nothing is left under either name. Does nothing after `close`; twice is fine. */
  async discard(): Promise<void> {
    if (this.#open) await this.#forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discard();
  }

  async #flush(): Promise<void> {
    await this.#flushStrings();
    if (this.#pending === 0) return;
    const chunk = this.#chunk.subarray(0, format.CHUNK_HEADER_BYTES + this.#pending * RECORD_BYTES);
    this.#records += this.#pending;
    this.#pending = 0;
    await this.#putChunk(chunk, 'RECS');
  }

  async #flushStrings(): Promise<void> {
    const strings = this.#newStrings;
    const first = this.#strings - strings.length;
    this.#newStrings = [];
    this.#newStringBytes = 0;
    for (let from = 0; from < strings.length;) {
      let to = from;
      for (let bytes = 0; to < strings.length && (to === from || bytes < STRINGS_BYTES); to++)
        bytes += stringBytes(strings[to]!);
      await this.#putChunk(encodeStrings(first + from, strings.slice(from, to)), 'STRS');
      from = to;
    }
  }

  async #putChunk(chunk: Uint8Array, type: format.ChunkType): Promise<void> {
    format.sealChunk(chunk, type);
    await this.#put(chunk);
    this.#chunks++;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    try {
      await this.#file.writeFile(bytes);
    } catch (error) {
      await this.#forget();
      throw error;
    }
  }

  async #forget(): Promise<void> {
    this.#open = false;
    await this.#file.close().catch(() => undefined);
    if (this.#temporary !== null) await unlink(this.#temporary).catch(() => undefined);
  }

  #use(): void {
    if (!this.#open) throw new Error(`${this.#target}: this writer is closed`);
  }
}

function unwritable(target: string, cause: unknown): TraceError {
  const { code = 'an unknown error' } = cause as NodeJS.ErrnoException;
  const tryThis = `the directory ${path.dirname(target)} must be there and let files be made, or name another`;
  return new TraceError(target, `cannot be written (${code})`, { tryThis, cause });
}

/** Of a record with its tails, the last of which is there. */
function groupLength(words: Uint32Array, first: number): number {
  let length = 1;
  while (isMore(words, first + length - 1)) length++;
  if (length > format.BATCH_MOST_RECORDS) throw new RangeError('a record has more tails than fit into a chunk');
  return length;
}

function isMore(words: Uint32Array, record: number): boolean {
  return (words[record * RECORD_WORDS + WORD.opFlags]! & MORE) !== 0;
}
