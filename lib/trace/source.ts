import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { TraceError } from './trace-error.ts';
import type { TraceProgress } from './trace-reader.ts';

const CHUNK_BYTES = 1 << 20;

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read (permission denied)',
  EISDIR: 'is a directory, not a trace',
};

/**
 * The bytes of one input: a file, a pipe, or standard input for `-`.
 *
 * @throws TraceError from the iteration when it cannot be read; the signal's reason when aborted.
 */
export class Source implements AsyncIterable<Uint8Array> {
  /** For messages. */
  readonly name: string;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  #read = 0;
  #total: number | null = null;

  constructor(path: string, signal?: AbortSignal) {
    this.name = path === '-' ? 'standard input' : path;
    this.#path = path;
    this.#signal = signal;
  }

  progress(): TraceProgress {
    return { read: this.#read, total: this.#total };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#signal?.throwIfAborted();
    try {
      for await (const chunk of await this.#open()) {
        this.#read += (chunk as Uint8Array).length;
        yield chunk as Uint8Array;
      }
    } catch (error) {
      this.#signal?.throwIfAborted();
      const { code = '', message } = error as NodeJS.ErrnoException;
      throw new TraceError(this.name, SENTENCES[code] ?? `cannot be read (${message})`, { cause: error });
    }
  }

  async #open(): Promise<Readable> {
    if (this.#path !== '-') {
      const found = await stat(this.#path);
      if (found.isFile()) this.#total = found.size;
    }
    const stream = this.#path === '-' ? process.stdin : createReadStream(this.#path, { highWaterMark: CHUNK_BYTES });
    return this.#signal === undefined ? stream : addAbortSignal(this.#signal, stream);
  }
}
