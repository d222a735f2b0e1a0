/**
 * Exact reads from a stream of chunks that are cut anywhere. Holds one chunk, or what was peeked.
 */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #ended = false;
  #position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes read so far, peeked ones not counted. */
  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes without reading them; fewer only at the end. */
  async peek(length: number): Promise<Uint8Array> {
    const parts = [this.#held];
    let have = this.#held.length;
    while (have < length && !this.#ended) {
      const chunk = await this.#next();
      if (chunk === null) break;
      parts.push(chunk);
      have += chunk.length;
    }
    if (parts.length > 1) this.#held = Buffer.concat(parts);
    return this.#held.subarray(0, length);
  }

  /** Fills `target`; returns how many bytes there were, fewer only at the end. */
  async readInto(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#held.length === 0) {
        const chunk = await this.#next();
        if (chunk === null) break;
        this.#held = chunk;
      }
      const part = this.#held.subarray(0, target.length - filled);
      target.set(part, filled);
      this.#held = this.#held.subarray(part.length);
      filled += part.length;
    }
    this.#position += filled;
    return filled;
  }

  /** Everything left, as it comes. Leaving the loop early closes the reader. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#held.length > 0 ? this.#held : await this.#next();
        if (chunk === null) return;
        this.#held = new Uint8Array(0);
        this.#position += chunk.length;
        yield chunk;
      }
    } finally {
      if (!this.#ended) await this.close();
    }
  }

  /** Reads to the end and forgets it; returns how much it was. */
  async drain(): Promise<number> {
    let drained = 0;
    for await (const chunk of this.rest()) drained += chunk.length;
    return drained;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#held = new Uint8Array(0);
    await this.#chunks.return?.();
  }

  async #next(): Promise<Uint8Array | null> {
    while (!this.#ended) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#ended = true;
      else if (next.value.length > 0) return next.value;
    }
    return null;
  }
}
