/** Lowest free id by a bitmap in three levels of 32: three `clz32` per allocation. Room for `levels` × 32³ ids, growing. */
export class IdBitmap {
  #free = new Uint32Array(1024).fill(0xffffffff);
  #some = new Uint32Array(32).fill(0xffffffff);
  #top = new Uint32Array(1).fill(0xffffffff);

  allocate(): number {
    let t = 0;
    while (t < this.#top.length && this.#top[t] === 0) t++;
    if (t === this.#top.length) this.#grow();
    const s = t * 32 + lowestBit(this.#top[t]!);
    const w = s * 32 + lowestBit(this.#some[s]!);
    const word = this.#free[w]!;
    const bit = lowestBit(word);
    const left = (word & (word - 1)) >>> 0;
    this.#free[w] = left;
    if (left === 0) {
      this.#some[s]! &= ~(1 << (w & 31));
      if (this.#some[s] === 0) this.#top[t]! &= ~(1 << (s & 31));
    }
    return w * 32 + bit;
  }

  release(id: number): void {
    this.#free[id >>> 5]! |= 1 << (id & 31);
    this.#some[id >>> 10]! |= 1 << ((id >>> 5) & 31);
    this.#top[id >>> 15]! |= 1 << ((id >>> 10) & 31);
  }

  #grow(): void {
    this.#free = extended(this.#free);
    this.#some = extended(this.#some);
    this.#top = extended(this.#top);
  }
}

function extended(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(words.length * 2).fill(0xffffffff);
  larger.set(words);
  return larger;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
