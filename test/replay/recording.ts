import { FLAG, NO_FD, OP, RecordWriter } from '../../lib/core/record.ts';
import { StringTable } from '../../lib/trace/string-table.ts';
import type { TraceBatch, TraceCounter, TraceFacts, TraceProgress, TraceReader } from '../../lib/trace/trace-reader.ts';

/** A recording made by hand, event by event, each 1 ms after the one before; read like any other. */
export class Recording implements TraceReader {
  readonly strings = new StringTable();
  readonly writer = new RecordWriter();
  readonly lost: TraceCounter[] = [];
  /** Of the next event; nanoseconds. */
  time = 1_000_000_000n;
  readonly #numbers = new Map<string, number>();
  readonly #clock: string | null;
  readonly #batch: number;

  constructor(options: { clock?: string | null; batch?: number } = {}) {
    this.#clock = options.clock === undefined ? 'monotonic' : options.clock;
    this.#batch = options.batch ?? Infinity;
  }

  get facts(): TraceFacts {
    return {
      format: 'strace',
      origin: 'strace',
      mode: 'references',
      clock: this.#clock,
      start: this.#clock === null ? null : 1_000_000_000n,
    };
  }

  string(text: string | null): number {
    if (text === null) return 0;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.strings.append(text);
      this.#numbers.set(text, number);
    }
    return number;
  }

  put(op: number, task: number, buffer = 0, aux = 0, size = 0, flags = 0): this {
    this.writer.put(op, task, buffer, aux, size, flags, this.#clock === null ? 0n : this.time);
    if ((flags & FLAG.more) === 0) this.time += 1_000_000n;
    return this;
  }
  tail(p: number, q: number, r = 0, s = 0, t = 0, more = false): this {
    this.writer.tail(p, q, r, s, t, more ? FLAG.more : 0);
    if (!more) this.time += 1_000_000n;
    return this;
  }

  task(key: number, tid: number, tgid = tid): this {
    return this.put(OP.task, key, 0, tid, tgid);
  }
  clone(parent: number, child: number, flags = 0): this {
    return this.put(OP.clone, parent, 0, child, flags);
  }
  /** kTask and kClone, as a decoder puts them. */
  fork(parent: number, child: number, pid: number, flags = 0): this {
    return this.task(child, pid).clone(parent, child, flags);
  }
  exec(task: number, path: string): this {
    return this.put(OP.execve, task, 0, this.string(path));
  }
  exit(task: number, status = 0): this {
    return this.put(OP.taskExit, task, 0, status, 0, FLAG.group);
  }
  kill(task: number, signal: number): this {
    return this.put(OP.taskExit, task, 0, signal, 0, FLAG.killed);
  }
  open(task: number, fd: number, path: string | null = null, flags = 0): this {
    return this.put(OP.open, task, fd, this.string(path), flags);
  }
  memfd(task: number, fd: number, name: string, flags = 0): this {
    return this.put(OP.memfd, task, fd, this.string(name), flags);
  }
  truncate(task: number, fd: number, size: number): this {
    return this.put(OP.truncate, task, fd, 0, size);
  }
  closeFd(task: number, fd: number): this {
    return this.put(OP.close, task, fd);
  }
  dup(task: number, from: number, to: number, flags = 0): this {
    return this.put(OP.dup, task, from, to, 0, flags);
  }
  map(task: number, fd: number, address: number, length: number, offset = 0, prot = 3): this {
    return this.put(OP.mmap, task, fd, prot, length, FLAG.mapShared | FLAG.more).tail(address, offset);
  }
  unmap(task: number, address: number, length: number): this {
    return this.put(OP.munmap, task, length, 0, address);
  }
  heap(task: number, heap = 'system', fd = NO_FD, size = 0): this {
    return this.put(OP.heapAlloc, task, fd, this.string(heap), size);
  }
  named(task: number, fd: number, name: string): this {
    return this.put(OP.fdName, task, fd, this.string(name));
  }
  socketpair(task: number, a: number, b: number, names: readonly [string, string] | null = null): this {
    const [one, other] = names === null ? [0, 0] : [this.string(names[0]), this.string(names[1])];
    return this.put(OP.socketpair, task, a, b, one + other * 2 ** 32);
  }
  send(task: number, socket: number, route: string | null, fds: readonly (readonly [number, string | null])[]): this {
    return this.#message(OP.send, task, socket, route, fds, 0);
  }
  receive(
    task: number,
    socket: number,
    route: string | null,
    fds: readonly (readonly [number, string | null])[],
    flags: number = FLAG.cloexec,
  ): this {
    return this.#message(OP.receive, task, socket, route, fds, flags);
  }

  counters(): readonly TraceCounter[] {
    return this.lost;
  }
  progress(): TraceProgress {
    return { read: this.writer.count, total: this.writer.count };
  }
  close(): Promise<void> {
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceBatch> {
    const { words, count } = this.writer;
    for (let first = 0; first < count;) {
      let end = Math.min(first + this.#batch, count);
      while ((words[end * 8 - 1]! | 0) < 0) end++;
      yield { words: words.slice(first * 8, end * 8), count: end - first };
      first = end;
    }
  }

  #message(
    op: number,
    task: number,
    socket: number,
    route: string | null,
    fds: readonly (readonly [number, string | null])[],
    flags: number,
  ): this {
    this.put(op, task, socket, this.string(route), fds.length, flags | (fds.length > 0 ? FLAG.more : 0));
    fds.forEach(([fd, name], i) => this.tail(0, 0, fd, this.string(name), 0, i < fds.length - 1));
    return this;
  }
}
