import { MemtrackError } from '../core/errors.ts';
import { RecordWriter } from '../core/record.ts';

/** What the model needs of a tracker; lib/core's `Tracker` has it, and so has a test's recording fake. */
export interface CommandSink {
  /** Executes `count` records. */
  apply(words: Uint32Array, count: number, results?: Int32Array): unknown;
  /** The number of a tag's text, never 0; the same text has the same number. */
  tag(text: string): number;
  /** It may run out of ids or tags, so that `intended` asks it each time. */
  readonly limited?: boolean;
}

/** Records kept back before they are sent. */
const BATCH = 4096;

/**
 * What the core is told: the commands that the model's events cause, in batches. Nothing is told with memtrack off. The
 * core copies and drops handles at fork, exec, exit and unshare itself (docs/semantics.md).
 */
export class Accounting {
  readonly posted: boolean;
  readonly enabled: boolean;
  readonly #sink: CommandSink;
  readonly #unnotified: boolean;
  readonly #asks: boolean;
  readonly #writer = new RecordWriter(BATCH + 2);
  #closed = false;

  /** `profiling`: whether there is an exit notifier; as posted, without CONFIG_PROFILING there is none. */
  constructor(sink: CommandSink | null, posted: boolean, profiling = true) {
    this.posted = posted;
    this.#unnotified = posted && !profiling;
    this.#asks = !posted && sink?.limited === true;
    this.enabled = sink !== null;
    this.#sink = sink ?? { apply: () => 0, tag: () => 1 };
  }

  /** Sends what is kept back; call before reading the tracker. */
  flush(): void {
    this.assertOpen();
    const writer = this.#writer;
    if (writer.count === 0) return;
    this.#sink.apply(writer.words, writer.count);
    writer.clear();
  }

  /** Sends what is kept back and takes nothing more; again is fine. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
  }

  /** Throws after close(). */
  assertOpen(): void {
    if (this.#closed) throw new Error('the kernel is closed');
  }

  spawn(task: number, pid: number): void {
    if (this.enabled) this.#room().spawn(task, pid);
  }
  fork(parent: number, child: number, pid: number, share: number): void {
    if (this.enabled) this.#room().fork(parent, child, pid, share);
  }
  exec(task: number): void {
    if (this.enabled) this.#room().exec(task, this.#unnotified);
  }
  exit(task: number, group: boolean): void {
    if (this.enabled) this.#room().exit(task, group, this.#unnotified);
  }
  /** clone gives a child up that copy_files made: it never runs, nor does its exit notifier. */
  abandon(task: number): void {
    if (this.enabled) this.#room().exit(task, false, true);
  }
  unshare(task: number): void {
    if (this.enabled) this.#room().unshare(task);
  }
  /** ENOSPC, ENOMEM: no id, or no room for the tag. As posted, nobody is told. */
  init(buffer: number, size: number, task: number, tag: string | null): void {
    if (this.enabled) this.#room().init(buffer, size, task, this.#tag(tag));
    this.#ask('memtrack_buffer_init');
  }
  remove(buffer: number): void {
    if (this.enabled) this.#room().remove(buffer);
  }
  /** ENOMEM: no room for the tag. As posted, nobody is told. */
  setTag(buffer: number, tag: string | null): void {
    if (this.enabled) this.#room().setTag(buffer, this.#tag(tag));
    this.#ask('memtrack_buffer_set_tag');
  }
  resize(buffer: number, size: number): void {
    if (this.enabled) this.#room().resize(buffer, size);
  }
  install(task: number, buffer: number): void {
    if (this.enabled) this.#room().install(task, buffer);
  }
  /** A handle in a file, as of GEM, which the posted patches do not see. */
  installHeld(task: number, buffer: number): void {
    if (!this.posted) this.install(task, buffer);
  }
  uninstallHeld(task: number, buffer: number): void {
    if (!this.posted) this.uninstall(task, buffer);
  }
  uninstall(task: number, buffer: number): void {
    if (this.enabled) this.#room().uninstall(task, buffer);
  }
  vmOpen(task: number, buffer: number, start: number, end: number, offset: number, vm: number): void {
    if (this.enabled) this.#room().vmOpen(task, buffer, start, end, offset, vm);
  }
  vmClose(task: number, buffer: number, start: number): void {
    if (this.enabled) this.#room().vmClose(task, buffer, start);
  }
  vmAdjust(
    task: number,
    buffer: number,
    start: number,
    newStart: number,
    end: number,
    offset: number,
    vm: number,
  ): void {
    if (this.enabled) this.#room().vmAdjust(task, buffer, start, newStart, end, offset, vm);
  }

  #room(): RecordWriter {
    this.assertOpen();
    if (this.#writer.count >= BATCH) this.flush();
    return this.#writer;
  }

  /** What the command just written comes to, where it may be refused. */
  #ask(call: string): void {
    if (!this.#asks) return;
    const writer = this.#writer;
    const results = new Int32Array(writer.count);
    this.#sink.apply(writer.words, writer.count, results);
    writer.clear();
    const status = results.at(-1) ?? 0;
    if (status < 0) throw MemtrackError.fromErrno(status, call);
  }

  #tag(tag: string | null): number {
    return tag === null ? 0 : this.#sink.tag(tag);
  }
}
