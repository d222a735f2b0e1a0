import { addon } from './addon.ts';
import { CORE_COUNTERS, type Count } from './counters.ts';
import { MemtrackError } from './errors.ts';
import { refuseUnknownOptions } from './known-options.ts';
import { FLAG, OP, RECORD_WORDS, RecordWriter } from './record.ts';
import { readSnapshot, type TrackerSnapshot } from './tracker-snapshot.ts';

/** `intended`: what the 2016 series promises. `posted`: what its patches do. See docs/semantics.md. */
export type Semantics = 'intended' | 'posted';

/** Which text: `patch2` after patch 2 of 6, `series` after all of them. */
export type MemtrackForm = 'patch2' | 'series';

export interface TrackerOptions {
  /** Shared under this name by all threads of the process that open it, with locks; without a name private, without. */
  readonly name?: string;
  readonly semantics?: Semantics;
  /** When handles enter the ordered trees: when order is first asked for (default), or at once as in the kernel. */
  readonly linking?: 'deferred' | 'eager';
  /** How much may live, to see ENOMEM and ENOSPC happen. */
  readonly limits?: {
    readonly handles?: number;
    readonly vmas?: number;
    readonly tags?: number;
    readonly ids?: number;
  };
}

/** What a new task shares with its parent. `thread` needs `mm`, as CLONE_THREAD needs CLONE_VM. */
export interface Share {
  readonly files?: boolean;
  readonly mm?: boolean;
  readonly thread?: boolean;
}

/** One mapping of a buffer; addresses and offset in bytes. */
export interface VmaRange {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** VM bits: `VM.read | VM.write | VM.shared`. */
  readonly flags: number;
}

/** A call's time in native code stays short, so that a worker can be terminated between two. */
const BATCH = 65536;

// Called once per event by some: without a look-up.
const { install, uninstall, words } = addon;

const OPTIONS = ['name', 'semantics', 'linking', 'limits'];
const LIMITS = ['handles', 'vmas', 'tags', 'ids'];
const SHARES = ['files', 'mm', 'thread'];

const forgotten = new FinalizationRegistry<number>((number) => {
  addon.close(number);
});

/**
 * The accounting core: buffers, the tasks that hold them, every command of docs/semantics.md.
 *
 * Tasks and buffers are named by keys: whole numbers from 1, each used once. Single calls choose the next free key;
 * a batch brings its own. Errors of single calls are thrown as {@link MemtrackError}; those of a batch are results.
 * Synchronous; a named tracker may be used from several worker threads at once.
 *
 * @example
 * const tracker = new Tracker();
 * const camera = tracker.spawn(612);
 * const frame = tracker.init({ size: 8294400, task: camera });
 * tracker.install(camera, frame);
 * tracker.readMemtrack(camera); // ' ref_count:       Identifier: …'
 * tracker.close();
 */
export class Tracker implements Disposable {
  readonly semantics: Semantics;
  readonly name: string | null;
  /** Whether it was given limits. */
  readonly limited: boolean;
  #number: number;
  readonly #single = new RecordWriter(2);
  readonly #result = new Int32Array(2);

  constructor(options: TrackerOptions = {}) {
    refuseUnknownOptions(options, OPTIONS, 'Tracker');
    const { name = '', semantics = 'intended', linking = 'deferred', limits = {} } = options;
    if (semantics !== 'intended' && semantics !== 'posted') {
      throw new TypeError(`semantics: expected 'intended' or 'posted'`);
    }
    refuseUnknownOptions(limits, LIMITS, 'limits');
    if (linking !== 'deferred' && linking !== 'eager') throw new TypeError(`linking: expected 'deferred' or 'eager'`);
    this.semantics = semantics;
    this.limited = Object.keys(limits).length > 0;
    this.name = name === '' ? null : name;
    this.#number = addon.open(
      name,
      semantics === 'posted',
      linking === 'eager',
      limits.handles ?? Infinity,
      limits.vmas ?? Infinity,
      limits.tags ?? Infinity,
      limits.ids ?? 0,
    );
    forgotten.register(this, this.#number, this);
  }

  /** Executes records (see {@link RecordWriter}); returns how many commands were accepted. `results[i]`: 0, an id or −errno. */
  apply(words: Uint32Array, count: number, results?: Int32Array): number {
    word(count, 'count');
    // More than one call must not find out half-way that there is too little.
    if (count > BATCH && count * RECORD_WORDS > words.length) throw new RangeError('count: words holds fewer records');
    if (count > BATCH && results !== undefined && count > results.length) throw new RangeError('results: too short');
    let accepted = 0;
    let first = 0;
    do {
      let n = Math.min(count - first, BATCH);
      // A batch never ends between a record and its tail.
      if (first + n < count && isTail(words, first + n)) n--;
      accepted += addon.apply(this.#number, words, first, n, results);
      first += n;
    } while (first < count);
    return accepted;
  }

  /** `n` keys that nobody has used, for records of one's own: the first of them. Safe between threads. */
  reserve(kind: 'task' | 'buffer', n = 1): number {
    return addon.reserve(this.#open(), kind === 'task', word(n, 'n'));
  }

  /** A new process with one thread; its key. */
  spawn(pid: number): number {
    const key = this.reserve('task');
    this.#single.spawn(key, word(pid, 'pid'));
    this.#call('spawn');
    return key;
  }

  /** A child of `parent`; its key. ESRCH, EINVAL, ENOMEM. Linux: copy_process(). */
  fork(parent: number, pid: number, share: Share = {}): number {
    refuseUnknownOptions(share, SHARES, 'fork');
    const key = this.reserve('task');
    const flags =
      (share.files === true ? FLAG.shareFiles : 0) |
      (share.mm === true ? FLAG.shareMm : 0) |
      (share.thread === true ? FLAG.shareThread : 0);
    this.#single.fork(word(parent, 'parent'), key, word(pid, 'pid'), flags);
    this.#call('fork');
    return key;
  }

  /** The task leads its group alone, with a new address space. ESRCH, ENOMEM. Linux: execve(). */
  exec(task: number): void {
    this.#single.exec(word(task, 'task'));
    this.#call('exec');
  }

  /**
   * The task, or with `group` every thread of its process, ends. ESRCH. `unnotified`: in posted, the exit notifier does not run, so that
   * the handles stay for ever. Linux: do_exit().
   */
  exit(task: number, options: { readonly group?: boolean; readonly unnotified?: boolean } = {}): void {
    this.#single.exit(word(task, 'task'), options.group === true, options.unnotified === true);
    this.#call('exit');
  }

  /** The task gets its own copy of a shared files table. ESRCH, ENOMEM. Linux: unshare(CLONE_FILES). */
  unshare(task: number): void {
    this.#single.unshare(word(task, 'task'));
    this.#call('unshare');
  }

  /** A new buffer of `size` bytes; its key. ENOSPC, ENOMEM. 2016 series: memtrack_buffer_init(). */
  init(options: { readonly size: number; readonly task?: number; readonly tag?: string }): number {
    const tag = options.tag === undefined ? 0 : this.tag(options.tag);
    const key = this.reserve('buffer');
    this.#single.init(key, whole(options.size, 'size'), word(options.task ?? 0, 'task'), tag);
    this.#call('memtrack_buffer_init');
    return key;
  }

  /** EBUSY while somebody holds it, ENOENT. 2016 series: memtrack_buffer_remove(). */
  remove(buffer: number): void {
    this.#single.remove(word(buffer, 'buffer'));
    this.#call('memtrack_buffer_remove');
  }

  /** `null` clears it. ENOENT, ENOMEM. 2016 series: memtrack_buffer_set_tag(). */
  setTag(buffer: number, tag: string | null): void {
    this.#single.setTag(word(buffer, 'buffer'), tag === null ? 0 : this.tag(tag));
    this.#call('memtrack_buffer_set_tag');
  }

  /** ENOENT. */
  resize(buffer: number, size: number): void {
    this.#single.resize(word(buffer, 'buffer'), whole(size, 'size'));
    this.#call('resize');
  }

  /** One reference more by a descriptor of the task. ESRCH, ENOENT, ENOMEM. 2016 series: memtrack_buffer_install(). */
  install(task: number, buffer: number): void {
    if (task >>> 0 !== task || buffer >>> 0 !== buffer) refuseKey(task, buffer);
    words[0] = this.#number;
    words[1] = task;
    words[2] = buffer;
    install();
    if (words[3] !== 0) this.#refuse((words[3] as number) | 0, 'memtrack_buffer_install');
  }

  /** One reference less. ESRCH, ENOENT. 2016 series: memtrack_buffer_uninstall(). */
  uninstall(task: number, buffer: number): void {
    if (task >>> 0 !== task || buffer >>> 0 !== buffer) refuseKey(task, buffer);
    words[0] = this.#number;
    words[1] = task;
    words[2] = buffer;
    uninstall();
    if (words[3] !== 0) this.#refuse((words[3] as number) | 0, 'memtrack_buffer_uninstall');
  }

  /** The task's mm maps the buffer. ESRCH, ENOENT, EINVAL, EEXIST, ENOMEM. */
  vmOpen(task: number, buffer: number, vma: VmaRange): void {
    const start = whole(vma.start, 'start');
    const end = whole(vma.end, 'end');
    this.#single.vmOpen(
      word(task, 'task'),
      word(buffer, 'buffer'),
      start,
      end,
      whole(vma.offset, 'offset'),
      word(vma.flags, 'flags'),
    );
    this.#call('vm_open');
  }

  /** The VMA that begins at `start` is gone. ESRCH, ENOENT. */
  vmClose(task: number, buffer: number, start: number): void {
    this.#single.vmClose(word(task, 'task'), word(buffer, 'buffer'), whole(start, 'start'));
    this.#call('vm_close');
  }

  /** The VMA that begins at `start` has another range now and keeps its place in the list. ESRCH, ENOENT, EINVAL, EEXIST. */
  vmAdjust(task: number, buffer: number, start: number, vma: VmaRange): void {
    this.#single.vmAdjust(
      word(task, 'task'),
      word(buffer, 'buffer'),
      whole(start, 'start'),
      whole(vma.start, 'start'),
      whole(vma.end, 'end'),
      whole(vma.offset, 'offset'),
      word(vma.flags, 'flags'),
    );
    this.#call('vm_adjust');
  }

  /** The number of a tag's text, for records. */
  tag(text: string): number {
    return addon.internTag(this.#open(), text);
  }

  /** The text of a tag's number; null for 0. */
  tagText(tag: number): string | null {
    return tag === 0 ? null : addon.tagText(this.#open(), tag);
  }

  /** All of it, as columns. */
  snapshot(): TrackerSnapshot {
    return readSnapshot(this.#open());
  }

  /** Keys of the leaders that hold the buffer, ascending; found without a scan. ENOENT. */
  holders(buffer: number): number[] {
    let tasks = new Uint32Array(16);
    for (;;) {
      const n = addon.holders(this.#open(), buffer, tasks);
      if (n < 0) throw new MemtrackError('ENOENT', 'holders', `no buffer ${String(buffer)}`);
      if (n <= tasks.length) return [...tasks.subarray(0, n)].sort((a, b) => a - b);
      tasks = new Uint32Array(n * 2);
    }
  }

  /** The text of /proc/[pid]/memtrack for the leader of `task`: empty if it holds nothing. ESRCH; a leader whose threads live on is no such. */
  readMemtrack(task: number, form: MemtrackForm = 'series'): string {
    const text = addon.memtrackText(this.#open(), task, formNumber(form));
    if (text === null) throw new MemtrackError('ESRCH', 'read', `no task ${String(task)}`);
    return text;
  }

  /** The same into `out`; returns the bytes it takes: if more than `out` has, `out` is of no use. ESRCH. */
  readMemtrackInto(task: number, out: Uint8Array, form: MemtrackForm = 'series'): number {
    const size = addon.memtrackInto(this.#number, task, formNumber(form), out);
    if (size < 0) throw new MemtrackError('ESRCH', 'read', `no task ${String(task)}`);
    return size;
  }

  /** The text of /sys/kernel/debug/memtrack. */
  readDebugfs(): string {
    return addon.debugfsText(this.#open());
  }

  /** What was refused or ignored so far; only what happened. */
  counters(): Count[] {
    const values = new Float64Array(CORE_COUNTERS.length);
    addon.counters(this.#open(), values);
    return CORE_COUNTERS.map((info, i) => ({ ...info, count: values[i] as number })).filter(({ count }) => count > 0);
  }

  /** Native memory in use, in bytes. */
  bytes(): number {
    return addon.bytes(this.#open());
  }

  /** For tests: null, or which invariant of the core is broken. No other thread may use the tracker meanwhile. */
  check(): string | null {
    return addon.check(this.#open());
  }

  /** Returns the memory; again is fine; anything else afterwards throws. A named tracker lives until its last user closes it. */
  close(): void {
    if (this.#number === CLOSED) return;
    forgotten.unregister(this);
    addon.close(this.#number);
    this.#number = CLOSED;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): number {
    if (this.#number === CLOSED) throw new Error('the tracker is closed');
    return this.#number;
  }

  // Executes the one command in #single.
  #call(syscall: string): number {
    const single = this.#single;
    const { count } = single;
    single.clear();
    addon.apply(this.#open(), single.words, 0, count, this.#result);
    const status = this.#result[0] as number;
    if (status < 0) this.#refuse(status, syscall);
    return status;
  }

  #refuse(status: number, syscall: string): never {
    this.#open();
    throw MemtrackError.fromErrno(status, syscall);
  }
}

const CLOSED = 0xffffffff;

/** Whether the record at `row` belongs to the one before it. */
function isTail(words: Uint32Array, row: number): boolean {
  const before = words[row * RECORD_WORDS - 1] as number;
  const here = words[row * RECORD_WORDS + RECORD_WORDS - 1] as number;
  return ((before >>> 16) & FLAG.more) !== 0 && (here & 0xffff) === OP.tail;
}

function formNumber(form: MemtrackForm): number {
  if (form === 'series') return 1;
  if (form === 'patch2') return 0;
  throw new TypeError(`form: expected 'patch2' or 'series'`);
}

function whole(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`${name}: expected a whole number from 0, got ${String(value)}`);
  }
  return value;
}

function word(value: number, name: string): number {
  if (value >>> 0 !== value) {
    throw new TypeError(`${name}: expected a whole number from 0 to 4294967295, got ${String(value)}`);
  }
  return value;
}

function refuseKey(task: number, buffer: number): never {
  word(task, 'task');
  word(buffer, 'buffer');
  throw new TypeError('task, buffer: expected whole numbers');
}
