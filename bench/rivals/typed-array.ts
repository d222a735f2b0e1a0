import { OP, RECORD_WORDS, WORD } from '../../lib/core/record.ts';
import { DigitText } from './digit-text.ts';
import { IdBitmap } from './id-bitmap.ts';
import { PairTable } from './pair-table.ts';
import type { Rival } from './rival.ts';

/**
 * What an expert writes when Maps are too slow: no objects; tables indexed by key; one open-addressing table from
 * (task, buffer) to a handle; a task's handles in a doubly linked list of indices.
 */
export class TypedArrayRival implements Rival {
  readonly #pairs = new PairTable();
  readonly #ids = new IdBitmap();
  readonly #text = new DigitText();
  #pid = new Uint32Array(1024);
  #first = new Int32Array(1024);
  #handles = new Int32Array(1024);
  #bufferId = new Int32Array(4096);
  #size = new Float64Array(4096);
  #holders = new Int32Array(4096);
  #keyOfId = new Uint32Array(4096);
  #sorted = new Int32Array(1024);

  execute(words: Uint32Array, from: number, to: number): void {
    for (let at = from * RECORD_WORDS; at < to * RECORD_WORDS; at += RECORD_WORDS) {
      const task = words[at + WORD.task]!;
      const buffer = words[at + WORD.buffer]!;
      switch (words[at + WORD.opFlags]! & 0xffff) {
        case OP.install:
          this.#install(task, buffer);
          break;
        case OP.uninstall:
          this.#uninstall(task, buffer);
          break;
        case OP.init:
          this.#init(buffer, words[at + WORD.size]! + words[at + WORD.size + 1]! * 4294967296);
          break;
        case OP.remove:
          if (this.#holders[buffer] === 0) this.#ids.release(this.#bufferId[buffer]!);
          break;
        case OP.spawn:
          this.#spawn(task, words[at + WORD.aux]!);
          break;
        case OP.fork:
          this.#fork(task, words[at + WORD.aux]!, words[at + WORD.size]!);
          break;
        case OP.exit:
          this.#exit(task);
          break;
      }
    }
  }

  read(task: number): number {
    const rows = this.#handles[task]!;
    if (rows === 0) return 0;
    if (rows > this.#sorted.length) this.#sorted = new Int32Array(rows * 2);
    const sorted = this.#sorted.subarray(0, rows);
    const { next, bufferOf } = this.#pairs;
    let n = 0;
    for (let handle = this.#first[task]!; handle !== 0; handle = next[handle]!)
      sorted[n++] = this.#bufferId[bufferOf[handle]!]!;
    sorted.sort();
    this.#text.begin(this.#pid[task]!, rows);
    for (let i = 0; i < rows; i++) {
      const id = sorted[i]!;
      const key = this.#keyOfId[id]!;
      this.#text.row(this.#holders[key]!, id, this.#size[key]!);
    }
    return this.#text.length;
  }

  text(task: number): string {
    return this.read(task) === 0 ? '' : this.#text.toString();
  }

  #spawn(task: number, pid: number): void {
    if (task >= this.#pid.length) {
      this.#pid = longer(this.#pid, task);
      this.#first = longer(this.#first, task);
      this.#handles = longer(this.#handles, task);
    }
    this.#pid[task] = pid;
  }

  #init(buffer: number, size: number): void {
    if (buffer >= this.#size.length) {
      this.#bufferId = longer(this.#bufferId, buffer);
      this.#size = longer(this.#size, buffer);
      this.#holders = longer(this.#holders, buffer);
    }
    const id = this.#ids.allocate();
    if (id >= this.#keyOfId.length) this.#keyOfId = longer(this.#keyOfId, id);
    this.#bufferId[buffer] = id;
    this.#keyOfId[id] = buffer;
    this.#size[buffer] = size;
  }

  #install(task: number, buffer: number): void {
    const pairs = this.#pairs;
    const handle = pairs.findOrInsert(task, buffer);
    if (pairs.count[handle]!++ > 0) return;
    this.#link(task, handle);
    this.#holders[buffer]!++;
  }

  #uninstall(task: number, buffer: number): void {
    const pairs = this.#pairs;
    const handle = pairs.find(task, buffer);
    if (--pairs.count[handle]! > 0) return;
    const next = pairs.next[handle]!;
    const previous = pairs.previous[handle]!;
    if (previous !== 0) pairs.next[previous] = next;
    else this.#first[task] = next;
    if (next !== 0) pairs.previous[next] = previous;
    this.#handles[task]!--;
    this.#holders[buffer]!--;
    pairs.erase(handle);
  }

  #link(task: number, handle: number): void {
    const pairs = this.#pairs;
    const first = this.#first[task]!;
    pairs.next[handle] = first;
    pairs.previous[handle] = 0;
    if (first !== 0) pairs.previous[first] = handle;
    this.#first[task] = handle;
    this.#handles[task]!++;
  }

  #fork(parent: number, child: number, pid: number): void {
    this.#spawn(child, pid);
    const pairs = this.#pairs;
    for (let handle = this.#first[parent]!; handle !== 0; handle = pairs.next[handle]!) {
      const buffer = pairs.bufferOf[handle]!;
      const copy = pairs.findOrInsert(child, buffer);
      pairs.count[copy] = pairs.count[handle]!;
      this.#link(child, copy);
      this.#holders[buffer]!++;
    }
  }

  #exit(task: number): void {
    const pairs = this.#pairs;
    for (let handle = this.#first[task]!; handle !== 0;) {
      const next = pairs.next[handle]!;
      this.#holders[pairs.bufferOf[handle]!]!--;
      pairs.erase(handle);
      handle = next;
    }
    this.#first[task] = 0;
    this.#handles[task] = 0;
  }
}

function longer<T extends Int32Array | Uint32Array | Float64Array>(old: T, index: number): T {
  const larger = new (old.constructor as new (length: number) => T)(Math.max(old.length * 2, index + 1));
  larger.set(old);
  return larger;
}
