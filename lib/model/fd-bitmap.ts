/**
 * Which fds of a table are taken: open_fds and full_fds_bits of struct fdtable. A second level marks full words, so that
 * the lowest free fd among thousands is found in a few steps.
 */
export class FdBitmap {
  #words: Uint32Array;
  #full: Uint32Array;

  constructor(words = new Uint32Array(2), full = new Uint32Array(1)) {
    this.#words = words;
    this.#full = full;
  }

  has(fd: number): boolean {
    const word = fd >>> 5;
    return word < this.#words.length && (this.#words[word]! & (1 << (fd & 31))) !== 0;
  }

  add(fd: number): void {
    const word = fd >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    const bits = (this.#words[word]! | (1 << (fd & 31))) >>> 0;
    this.#words[word] = bits;
    if (bits === 0xffffffff) this.#full[word >>> 5]! |= 1 << (word & 31);
  }

  delete(fd: number): void {
    const word = fd >>> 5;
    if (word >= this.#words.length) return;
    this.#words[word]! &= ~(1 << (fd & 31));
    this.#full[word >>> 5]! &= ~(1 << (word & 31));
  }

  /** find_next_fd. */
  lowestFree(from: number): number {
    const words = this.#words;
    const word = from >>> 5;
    if (word >= words.length) return from;
    const free = ~words[word]! & (-1 << (from & 31));
    if (free !== 0) return word * 32 + lowestBit(free);
    const next = this.#nextNotFull(word + 1);
    return next >= words.length ? words.length * 32 : next * 32 + lowestBit(~words[next]!);
  }

  copy(): FdBitmap {
    return new FdBitmap(this.#words.slice(), this.#full.slice());
  }

  #nextNotFull(word: number): number {
    const full = this.#full;
    let mask = -1 << (word & 31);
    for (let at = word >>> 5; at < full.length; at++) {
      const free = ~full[at]! & mask;
      if (free !== 0) return at * 32 + lowestBit(free);
      mask = -1;
    }
    return full.length * 32;
  }

  #grow(words: number): void {
    const length = Math.max(words, this.#words.length * 2);
    const larger = new Uint32Array(length);
    larger.set(this.#words);
    this.#words = larger;
    const full = new Uint32Array((length + 31) >>> 5);
    full.set(this.#full);
    this.#full = full;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
