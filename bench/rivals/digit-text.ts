const SPACE = 32;
const ZERO = 48;
const ROW_BYTES = 57;
const HEADER = ' ref_count:       Identifier:         size:          tag:    startAddr-endAddr: Flags:    pgOff: pid:';

/** memtrack text by an expert: digits written backwards into rows that are spaces already. */
export class DigitText {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  begin(pid: number, rows: number): void {
    const header = `${HEADER}${pid}\n`;
    const needed = header.length + rows * ROW_BYTES;
    if (needed > this.#bytes.length) this.#bytes = new Uint8Array(needed * 2);
    this.#bytes.fill(SPACE, 0, needed);
    for (let i = 0; i < header.length; i++) this.#bytes[i] = header.charCodeAt(i);
    this.#length = header.length;
  }

  row(holders: number, id: number, size: number): void {
    const start = this.#length;
    this.#number(start + 10, holders);
    this.#number(start + 28, id);
    this.#number(start + 42, size);
    this.#bytes[start + ROW_BYTES - 1] = 10;
    this.#length = start + ROW_BYTES;
  }

  toString(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString('latin1');
  }

  #number(end: number, value: number): void {
    let rest = value;
    let at = end;
    if (rest < 0x7fffffff) {
      rest |= 0;
      do {
        const tens = (rest / 10) | 0;
        this.#bytes[--at] = ZERO + rest - tens * 10;
        rest = tens;
      } while (rest > 0);
      return;
    }
    do {
      const tens = Math.floor(rest / 10);
      this.#bytes[--at] = ZERO + rest - tens * 10;
      rest = tens;
    } while (rest > 0);
  }
}
