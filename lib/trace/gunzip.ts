import { createGunzip, createInflate } from 'node:zlib';
import type { Gunzip, Inflate } from 'node:zlib';
import type { Losses } from './losses.ts';

/**
 * Input goes in by pieces: small ones, so that what one can blow up to (a thousandfold) stays bounded, and at most a
 * sixteenth of what went before, because what a piece holds before the damage in it is lost with it.
 */
const PIECE_LEAST_BYTES = 64;
const PIECE_MOST_BYTES = 16 << 10;
const OUTPUT_BYTES = 256 << 10;

export const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Unwraps gzip data of one or more members. What is cut off or damaged ends the output early and is counted.
 *
 * @example
 * for await (const text of gunzip(createReadStream('a.gz'), losses)) decoder.push(text);
 */
export function gunzip(input: AsyncIterable<Uint8Array>, losses: Losses): AsyncGenerator<Uint8Array, void, undefined> {
  return unwrap(input, losses, 'gzip');
}

/** Unwraps one zlib stream (RFC 1950), as `gunzip` does gzip. */
export function inflate(input: AsyncIterable<Uint8Array>, losses: Losses): AsyncGenerator<Uint8Array, void, undefined> {
  return unwrap(input, losses, 'zlib');
}

async function* unwrap(
  input: AsyncIterable<Uint8Array>,
  losses: Losses,
  form: 'gzip' | 'zlib',
): AsyncGenerator<Uint8Array, void, undefined> {
  const engine = new Engine(form);
  let given = 0;
  try {
    for await (const chunk of input) {
      for (let at = 0; at < chunk.length && engine.running;) {
        const size = Math.min(Math.max((given + at) >> 4, PIECE_LEAST_BYTES), PIECE_MOST_BYTES);
        yield* await engine.write(chunk.subarray(at, at + size));
        at += size;
      }
      given += chunk.length;
      if (engine.failure !== null) break;
    }
    yield* await engine.end();
    if (engine.failure !== null) losses.count(engine.failure === 'Z_BUF_ERROR' ? `${form}_torn` : `${form}_damaged`);
    else losses.count(`${form}_trailing_bytes`, given - engine.consumed);
  } finally {
    engine.destroy();
  }
}

/**
 * Node's gunzip, one piece at a time. Not through a pipe or an iterator: a stream that fails throws away what it has
 * decoded and nobody has read yet.
 */
class Engine {
  readonly #stream: Gunzip | Inflate;
  #decoded: Uint8Array[] = [];
  #ended = false;
  #failure: string | null = null;
  #wake: () => void = () => undefined;

  constructor(form: 'gzip' | 'zlib') {
    const options = { chunkSize: OUTPUT_BYTES };
    this.#stream = form === 'gzip' ? createGunzip(options) : createInflate(options);
    this.#stream.on('data', (chunk: Uint8Array) => this.#decoded.push(chunk));
    this.#stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#failure = code ?? 'unknown';
      this.#wake();
    });
    this.#stream.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  get running(): boolean {
    return !this.#ended && this.#failure === null;
  }

  /** zlib's name for what is wrong with the data. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Bytes of input that belonged to gzip data. */
  get consumed(): number {
    return this.#stream.bytesWritten;
  }

  async write(piece: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#until((done) => void this.#stream.write(piece, () => done()));
  }

  async end(): Promise<readonly Uint8Array[]> {
    return this.#until(() => void this.#stream.end());
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** What was decoded from `start` until it is done, or the stream has ended or failed. */
  async #until(start: (done: () => void) => void): Promise<readonly Uint8Array[]> {
    if (this.running) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        start(resolve);
      });
    }
    const decoded = this.#decoded;
    this.#decoded = [];
    return decoded;
  }
}
