import { closeSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { RECORD_BYTES, RECORD_WORDS } from '../../lib/core/record.ts';

/**
 * A workload on disk, as little-endian 32-bit words, read by rivals in JS (here) and C++ (bench/native/workload_file.h):
 *
 *     16 words of head    magic, version, records, reads, tasks alive at the end, timedFrom, greatest task key,
 *                         greatest buffer key, seed, 0 …
 *     records × 8 words   commands, as native/record/record.h lays them out
 *     reads × 2 words     position, task: after `position` records read that task's memtrack file; ascending
 *     alive × 1 word      task keys, ascending
 */
export interface Workload {
  readonly words: Uint32Array;
  readonly count: number;
  readonly reads: Uint32Array;
  readonly alive: Uint32Array;
  /** Records before this one are preparation: executed, not measured. */
  readonly timedFrom: number;
  readonly maxTask: number;
  readonly maxBuffer: number;
  readonly seed: number;
}

export const HEAD_WORDS = 16;
export const MAGIC = 0x4c574d42; // "BMWL"
/** Raised whenever a generator gives other records for the same seed, so that cached files are made anew. */
export const VERSION = 1;

export interface Ending {
  readonly reads: Uint32Array;
  readonly alive: Uint32Array;
  readonly timedFrom?: number;
  readonly seed?: number;
}

/** Writes a workload chunk by chunk; the file appears under its name only when `finish` has written all of it. */
export class WorkloadWriter {
  readonly #path: string;
  readonly #fd: number;
  #count = 0;
  #maxTask = 0;
  #maxBuffer = 0;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(`${path}.part`, 'w');
    ftruncateSync(this.#fd, HEAD_WORDS * 4);
  }

  /** Position of the next record. */
  get count(): number {
    return this.#count;
  }

  readonly append = (words: Uint32Array, count: number): void => {
    for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
      const op = words[at + 7]! & 0xffff;
      const task = op === 2 ? Math.max(words[at + 4]!, words[at + 6]!) : words[at + 4]!;
      if (task > this.#maxTask) this.#maxTask = task;
      if (words[at + 5]! > this.#maxBuffer) this.#maxBuffer = words[at + 5]!;
    }
    writeAll(this.#fd, words.subarray(0, count * RECORD_WORDS), HEAD_WORDS * 4 + this.#count * RECORD_BYTES);
    this.#count += count;
  };

  finish(ending: Ending): void {
    const { reads, alive, timedFrom = 0, seed = 0 } = ending;
    let at = HEAD_WORDS * 4 + this.#count * RECORD_BYTES;
    at = writeAll(this.#fd, reads, at);
    writeAll(this.#fd, alive, at);
    const head = new Uint32Array(HEAD_WORDS);
    head.set([
      MAGIC,
      VERSION,
      this.#count,
      reads.length / 2,
      alive.length,
      timedFrom,
      this.#maxTask,
      this.#maxBuffer,
      seed,
    ]);
    writeAll(this.#fd, head, 0);
    closeSync(this.#fd);
    renameSync(`${this.#path}.part`, this.#path);
  }
}

export function readWorkload(path: string): Workload {
  const fd = openSync(path, 'r');
  try {
    const head = new Uint32Array(HEAD_WORDS);
    readAll(fd, head, 0);
    const [magic, version, count, reads, alive, timedFrom, maxTask, maxBuffer, seed] = head as unknown as number[];
    if (magic !== MAGIC || version !== VERSION)
      throw new Error(`${path} is not a workload of version ${VERSION}; delete it`);
    const words = new Uint32Array(count! * RECORD_WORDS);
    const readPairs = new Uint32Array(reads! * 2);
    const aliveTasks = new Uint32Array(alive!);
    let at = readAll(fd, words, HEAD_WORDS * 4);
    at = readAll(fd, readPairs, at);
    readAll(fd, aliveTasks, at);
    return {
      words,
      count: count!,
      reads: readPairs,
      alive: aliveTasks,
      timedFrom: timedFrom!,
      maxTask: maxTask!,
      maxBuffer: maxBuffer!,
      seed: seed!,
    };
  } finally {
    closeSync(fd);
  }
}

/** One call to the kernel moves at most 2 GiB; a workload may be larger. */
const PIECE = 1 << 28;

function writeAll(fd: number, words: Uint32Array, at: number): number {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, Math.min(PIECE, bytes.length - done), at + done);
  return at + bytes.length;
}

function readAll(fd: number, words: Uint32Array, at: number): number {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let done = 0; done < bytes.length;) {
    const got = readSync(fd, bytes, done, Math.min(PIECE, bytes.length - done), at + done);
    if (got === 0) throw new Error('the workload file is shorter than its head says');
    done += got;
  }
  return at + bytes.length;
}
