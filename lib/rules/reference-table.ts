/** References summed up: one row per holder, one entry per buffer it holds. Columns; rows are ranges of entries. */
export interface ReferenceTable {
  /** Row -> its first entry. */
  readonly begin: Uint32Array;
  /** Row -> one past its last entry. Rows that hold the very same things may share entries. */
  readonly end: Uint32Array;
  /** Entry -> row of the buffer. */
  readonly buffer: Uint32Array;
  /** Entry -> descriptors. */
  readonly fds: Uint32Array;
  /** Entry -> mappings. */
  readonly maps: Uint32Array;
  /** Entry -> handles, framebuffers and registrations in containers. */
  readonly handles: Uint32Array;
  /** Entry -> the earliest of these references, in nanoseconds on the recording's clock. */
  readonly since: BigInt64Array;
}

/** Builds a ReferenceTable row by row; a buffer met again in the same row adds to its entry. */
export class ReferenceTableBuilder {
  readonly #begin: Uint32Array;
  readonly #end: Uint32Array;
  /** Buffer -> its entry in the row being written, if not below the row's beginning. */
  readonly #entry: Int32Array;
  #buffer = new Uint32Array(1024);
  #fds = new Uint32Array(1024);
  #maps = new Uint32Array(1024);
  #handles = new Uint32Array(1024);
  #since = new BigInt64Array(1024);
  #length = 0;
  #row = 0;

  constructor(rows: number, buffers: number) {
    this.#begin = new Uint32Array(rows);
    this.#end = new Uint32Array(rows);
    this.#entry = new Int32Array(buffers).fill(-1);
  }

  beginRow(row: number): void {
    this.#row = row;
    this.#begin[row] = this.#length;
    this.#end[row] = this.#length;
  }

  /** The row holds the same as another, already written. */
  sameAs(row: number, other: number): void {
    this.#begin[row] = this.#begin[other] ?? 0;
    this.#end[row] = this.#end[other] ?? 0;
  }

  add(buffer: number, fds: number, maps: number, handles: number, since: bigint): void {
    let entry = this.#entry[buffer] ?? -1;
    if (entry < (this.#begin[this.#row] ?? 0)) {
      if (this.#length === this.#buffer.length) this.#grow();
      entry = this.#length++;
      this.#entry[buffer] = entry;
      this.#end[this.#row] = this.#length;
      this.#buffer[entry] = buffer;
      this.#since[entry] = since;
    } else if (since < (this.#since[entry] ?? 0n)) {
      this.#since[entry] = since;
    }
    this.#fds[entry] = (this.#fds[entry] ?? 0) + fds;
    this.#maps[entry] = (this.#maps[entry] ?? 0) + maps;
    this.#handles[entry] = (this.#handles[entry] ?? 0) + handles;
  }

  finish(): ReferenceTable {
    const length = this.#length;
    return {
      begin: this.#begin,
      end: this.#end,
      buffer: this.#buffer.subarray(0, length),
      fds: this.#fds.subarray(0, length),
      maps: this.#maps.subarray(0, length),
      handles: this.#handles.subarray(0, length),
      since: this.#since.subarray(0, length),
    };
  }

  #grow(): void {
    const length = this.#length * 2;
    const larger = <T extends Uint32Array | BigInt64Array>(from: T, to: T): T => {
      to.set(from as never);
      return to;
    };
    this.#buffer = larger(this.#buffer, new Uint32Array(length));
    this.#fds = larger(this.#fds, new Uint32Array(length));
    this.#maps = larger(this.#maps, new Uint32Array(length));
    this.#handles = larger(this.#handles, new Uint32Array(length));
    this.#since = larger(this.#since, new BigInt64Array(length));
  }
}
