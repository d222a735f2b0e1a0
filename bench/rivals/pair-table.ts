/**
 * Handles found by (task, buffer): open addressing with linear probing, at most half full, deletion by shifting back.
 * Handle 0 means none. The public arrays are replaced when they grow: read them anew after an insertion.
 */
export class PairTable {
  taskOf = new Uint32Array(4096);
  bufferOf = new Uint32Array(4096);
  count = new Int32Array(4096);
  next = new Int32Array(4096);
  previous = new Int32Array(4096);
  #slots = new Int32Array(8192);
  #mask = 8191;
  #used = 1;
  #free = 0;
  #live = 0;

  find(task: number, buffer: number): number {
    const { taskOf, bufferOf } = this;
    for (let at = hash(task, buffer) & this.#mask; ; at = (at + 1) & this.#mask) {
      const handle = this.#slots[at]!;
      if (handle === 0 || (taskOf[handle] === task && bufferOf[handle] === buffer)) return handle;
    }
  }

  /** A new handle has count 0. */
  findOrInsert(task: number, buffer: number): number {
    let at = hash(task, buffer) & this.#mask;
    for (; ; at = (at + 1) & this.#mask) {
      const handle = this.#slots[at]!;
      if (handle === 0) break;
      if (this.taskOf[handle] === task && this.bufferOf[handle] === buffer) return handle;
    }
    const handle = this.#take();
    this.taskOf[handle] = task;
    this.bufferOf[handle] = buffer;
    this.count[handle] = 0;
    this.#slots[at] = handle;
    if (++this.#live * 2 > this.#mask) this.#rehash();
    return handle;
  }

  erase(handle: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = hash(this.taskOf[handle]!, this.bufferOf[handle]!) & mask;
    while (slots[hole] !== handle) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const moved = slots[at]!;
      const home = hash(this.taskOf[moved]!, this.bufferOf[moved]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = moved;
      hole = at;
    }
    slots[hole] = 0;
    this.next[handle] = this.#free;
    this.#free = handle;
    this.#live--;
  }

  #take(): number {
    const handle = this.#free;
    if (handle !== 0) {
      this.#free = this.next[handle]!;
      return handle;
    }
    if (this.#used === this.count.length) {
      this.taskOf = doubled(this.taskOf, new Uint32Array(this.#used * 2));
      this.bufferOf = doubled(this.bufferOf, new Uint32Array(this.#used * 2));
      this.count = doubled(this.count, new Int32Array(this.#used * 2));
      this.next = doubled(this.next, new Int32Array(this.#used * 2));
      this.previous = doubled(this.previous, new Int32Array(this.#used * 2));
    }
    return this.#used++;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (const handle of old) {
      if (handle === 0) continue;
      let at = hash(this.taskOf[handle]!, this.bufferOf[handle]!) & this.#mask;
      while (this.#slots[at] !== 0) at = (at + 1) & this.#mask;
      this.#slots[at] = handle;
    }
  }
}

function hash(task: number, buffer: number): number {
  const mixed = Math.imul(task, 0x9e3779b1) ^ Math.imul(buffer, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function doubled<T extends Int32Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
