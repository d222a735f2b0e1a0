/**
 * Record: one thing that happened, in 32 bytes; native/record/record.h is the truth, this its mirror.
 * A test compares the two. All multi-word fields are little-endian pairs of 32-bit words.
 */

export const RECORD_BYTES = 32;
export const RECORD_WORDS = 8;

/** Word offsets of a record's fields; `tail` fields share them (p, q, r, s, t). */
export const WORD = { time: 0, size: 2, task: 4, buffer: 5, aux: 6, opFlags: 7 } as const;

/** What a record says. 1..63: commands the core executes; 64..: events of a kernel, lowered by lib/model. */
export const OP = {
  spawn: 1, fork: 2, exec: 3, exit: 4, unshare: 5,
  init: 6, remove: 7, setTag: 8, resize: 9, install: 10, uninstall: 11,
  vmOpen: 12, vmClose: 13, vmAdjust: 14,
  task: 64, clone: 65, execve: 66, taskExit: 67, status: 68, comm: 69,
  open: 70, memfd: 71, newFd: 72, close: 73, closeRange: 74, dup: 75, setCloexec: 76, truncate: 77,
  mmap: 78, munmap: 79, mprotect: 80, mremap: 81, madvise: 82,
  socketpair: 83, send: 84, receive: 85, unlink: 86, unshareFiles: 87, pidfdGetfd: 88,
  heapAlloc: 89, udmabuf: 90, setName: 91, fdName: 92, loss: 93,
  alloc: 94, free: 95, total: 96, fdFile: 97, fdFlush: 98, export: 99, release: 100, import: 101, mapFile: 102,
  binderSend: 103, binderReceive: 104,
  tail: 0xffff,
} as const;

/** Bits of a record's `flags`. */
export const FLAG = {
  shareFiles: 1, shareMm: 2, shareThread: 4,
  group: 1, killed: 2, unnotified: 4, noStatus: 8,
  cloexec: 1, onto: 2, truncated: 4, grow: 8, peek: 16,
  cloexecKnown: 32, ofMemfd: 64, seen: 128, detach: 1,
  withId: 1, withTotal: 2, withOwner: 4, withDomain: 8,
  mapShared: 1, mapFixed: 2,
  more: 0x8000,
} as const;

/** `aux` of vmOpen and vmAdjust. */
export const VM = { read: 1, write: 2, exec: 4, shared: 8, io: 16, dontCopy: 32 } as const;

/** What allocator events count: `buffer` of alloc, free and total. */
export const SPACE = {
  dmaHeap: 1, ion: 2, ionAddress: 3, ionHeap: 4, cma: 5, fastrpc: 6, fastrpcDomain: 7, kgsl: 8, i915: 9, amdgpu: 10,
  xe: 11, gpu: 12, dmabufRss: 13, mali: 14,
} as const;

export const NO_FD = 0xffffffff;

const TWO_32 = 2 ** 32;

/**
 * Encodes records into a growing array of words; the only encoder in TypeScript.
 *
 * @example
 * const writer = new RecordWriter();
 * writer.spawn(1, 612);
 * writer.init(1, 8 << 20, 1, 0);
 * writer.install(1, 1);
 * tracker.apply(writer.words, writer.count);
 */
export class RecordWriter {
  words: Uint32Array;
  count = 0;

  constructor(capacity = 1024) {
    this.words = new Uint32Array(Math.max(capacity, 2) * RECORD_WORDS);
  }

  clear(): void {
    this.count = 0;
  }

  /** Appends one record. `size` below 2^53; `time` in nanoseconds. */
  put(op: number, task: number, buffer: number, aux: number, size: number, flags: number, time = 0n): void {
    if ((this.count + 1) * RECORD_WORDS > this.words.length) this.#grow();
    const at = this.count++ * RECORD_WORDS;
    const words = this.words;
    if (time === 0n) {
      words[at] = 0;
      words[at + 1] = 0;
    } else {
      words[at] = Number(time & 0xffffffffn);
      words[at + 1] = Number(time >> 32n);
    }
    words[at + 2] = size >>> 0;
    words[at + 3] = size < TWO_32 ? 0 : size / TWO_32;
    words[at + 4] = task;
    words[at + 5] = buffer;
    words[at + 6] = aux;
    words[at + 7] = op | (flags << 16);
  }

  /** Appends a tail to the record before it; that record must carry FLAG.more. */
  tail(p: number, q: number, r: number, s: number, t: number, flags = 0): void {
    if ((this.count + 1) * RECORD_WORDS > this.words.length) this.#grow();
    const at = this.count++ * RECORD_WORDS;
    const words = this.words;
    words[at] = p >>> 0;
    words[at + 1] = p / TWO_32;
    words[at + 2] = q >>> 0;
    words[at + 3] = q / TWO_32;
    words[at + 4] = r;
    words[at + 5] = s;
    words[at + 6] = t;
    words[at + 7] = OP.tail | (flags << 16);
  }

  spawn(task: number, pid: number): void {
    this.put(OP.spawn, task, 0, pid, 0, 0);
  }
  /** `share`: FLAG.shareFiles | FLAG.shareMm | FLAG.shareThread. */
  fork(parent: number, child: number, pid: number, share: number): void {
    this.put(OP.fork, parent, 0, child, pid, share);
  }
  /** `unnotified`: in posted, the other threads end without the exit notifier. */
  exec(task: number, unnotified = false): void {
    this.put(OP.exec, task, 0, 0, 0, unnotified ? FLAG.unnotified : 0);
  }
  /** `unnotified`: in posted, without the exit notifier, so that the handle tree stays. */
  exit(task: number, group = false, unnotified = false): void {
    this.put(OP.exit, task, 0, 0, 0, (group ? FLAG.group : 0) | (unnotified ? FLAG.unnotified : 0));
  }
  unshare(task: number): void {
    this.put(OP.unshare, task, 0, 0, 0, 0);
  }
  init(buffer: number, size: number, task = 0, tag = 0): void {
    this.put(OP.init, task, buffer, tag, size, 0);
  }
  remove(buffer: number): void {
    this.put(OP.remove, 0, buffer, 0, 0, 0);
  }
  setTag(buffer: number, tag: number): void {
    this.put(OP.setTag, 0, buffer, tag, 0, 0);
  }
  resize(buffer: number, size: number): void {
    this.put(OP.resize, 0, buffer, 0, size, 0);
  }
  install(task: number, buffer: number): void {
    this.put(OP.install, task, buffer, 0, 0, 0);
  }
  uninstall(task: number, buffer: number): void {
    this.put(OP.uninstall, task, buffer, 0, 0, 0);
  }
  /** A VMA [start, end) of `buffer` at byte `offset`; `vm`: VM.* bits. */
  vmOpen(task: number, buffer: number, start: number, end: number, offset: number, vm: number): void {
    this.put(OP.vmOpen, task, buffer, vm, start, FLAG.more);
    this.tail(end, offset, 0, 0, 0);
  }
  vmClose(task: number, buffer: number, start: number): void {
    this.put(OP.vmClose, task, buffer, 0, start, 0);
  }
  /** The VMA that began at `start` now is [newStart, end) at `offset` with `vm`; its place in the list stays. */
  vmAdjust(task: number, buffer: number, start: number, newStart: number, end: number, offset: number, vm: number): void {
    this.put(OP.vmAdjust, task, buffer, vm, start, FLAG.more);
    this.tail(end, offset, newStart >>> 0, newStart / TWO_32, 0);
  }

  #grow(): void {
    const larger = new Uint32Array(this.words.length * 2);
    larger.set(this.words);
    this.words = larger;
  }
}
