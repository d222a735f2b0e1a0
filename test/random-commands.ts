/**
 * Random commands, most of them sensible, some not: unknown and used keys, double frees, colliding VMAs, removal while
 * held, forks with every combination of shares, threads, exec by whoever, exits in every order.
 */
import type { RecordWriter } from '../lib/core/record.ts';
import { FLAG, OP } from '../lib/core/record.ts';
import type { Random } from './random.ts';
import type { State } from './state.ts';

/** How often each kind comes, relative to the others, and how large the world grows. */
export interface Mix {
  readonly name: string;
  readonly tasks: number;
  readonly buffers: number;
  readonly weights: Readonly<Record<Kind, number>>;
}

type Kind =
  | 'spawn'
  | 'fork'
  | 'exec'
  | 'exit'
  | 'exitGroup'
  | 'unshare'
  | 'init'
  | 'remove'
  | 'setTag'
  | 'resize'
  | 'install'
  | 'uninstall'
  | 'vmOpen'
  | 'vmClose'
  | 'vmAdjust';

const EVEN: Mix['weights'] = {
  spawn: 2,
  fork: 4,
  exec: 2,
  exit: 4,
  exitGroup: 1,
  unshare: 2,
  init: 8,
  remove: 6,
  setTag: 5,
  resize: 3,
  install: 60,
  uninstall: 50,
  vmOpen: 25,
  vmClose: 20,
  vmAdjust: 8,
};

export const mixes: readonly Mix[] = [
  { name: 'even', tasks: 24, buffers: 40, weights: EVEN },
  {
    name: 'crowd',
    tasks: 12,
    buffers: 6,
    weights: { ...EVEN, fork: 30, exec: 12, exit: 25, exitGroup: 4, unshare: 12 },
  },
  {
    name: 'heap',
    tasks: 5,
    buffers: 300,
    weights: { ...EVEN, spawn: 1, fork: 1, exec: 0.3, exit: 0.7, exitGroup: 0.2, init: 25, remove: 15, install: 150 },
  },
  {
    name: 'maps',
    tasks: 10,
    buffers: 8,
    weights: { ...EVEN, install: 20, uninstall: 15, vmOpen: 90, vmClose: 40, vmAdjust: 60 },
  },
];

const PAGE = 4096;
const BASE = 0x7f0000000000;

interface Known {
  readonly task: number;
  readonly buffer: number;
  readonly start: number;
}

/** Writes commands; remembers what it wrote, and what came of it only when it is told. */
export class RandomCommands {
  readonly #random: Random;
  readonly #mix: Mix;
  readonly #tags: number;
  readonly #kinds: readonly Kind[];
  readonly #sums: readonly number[];
  /** Keys believed alive; the front ones are the oldest. */
  readonly #tasks: number[] = [];
  #buffers: number[] = [];
  #unheld: number[] = [];
  readonly #installs: Known[] = [];
  readonly #vmas: Known[] = [];
  #lastTask = 0;
  #lastBuffer = 0;
  #run = 0;

  /** `tags`: how many numbers are interned. */
  constructor(random: Random, mix: Mix, tags: number) {
    this.#random = random;
    this.#mix = mix;
    this.#tags = tags;
    this.#kinds = Object.keys(mix.weights) as Kind[];
    let sum = 0;
    this.#sums = this.#kinds.map((kind) => (sum += mix.weights[kind]));
  }

  /** Corrects what is believed of buffers. */
  learn({ buffers }: State): void {
    this.#buffers = buffers.map((buffer) => buffer.key);
    this.#unheld = buffers.filter((buffer) => buffer.userspaceHandles === 0).map((buffer) => buffer.key);
  }

  /** Appends one command. */
  next(to: RecordWriter): void {
    const random = this.#random;
    const task = this.#tasks.length === 0 ? 0 : this.#task();
    const crowded = this.#tasks.length > this.#mix.tasks;
    const full = this.#buffers.length > this.#mix.buffers;
    const write: Readonly<Record<Kind, () => void>> = {
      spawn: () => (crowded ? this.#exit(to, this.#task(), true) : this.#spawn(to)),
      fork: () => (crowded ? this.#exit(to, this.#task(), false) : this.#fork(to, task)),
      exec: () => to.exec(task, to.count % 8 === 3),
      exit: () => this.#exit(to, task, false),
      exitGroup: () => this.#exit(to, task, true),
      unshare: () => to.unshare(task),
      init: () => (full ? this.#remove(to) : this.#init(to)),
      remove: () => this.#remove(to),
      setTag: () => to.setTag(this.#buffer(), random.below(this.#tags + 2)),
      resize: () => to.resize(this.#buffer(), this.#size()),
      install: () => this.#install(to, task),
      uninstall: () => this.#uninstall(to, task),
      vmOpen: () => this.#vmOpen(to, task),
      vmClose: () => this.#vmClose(to),
      vmAdjust: () => this.#vmAdjust(to),
    };
    if (task === 0 && this.#tasks.length === 0) this.#spawn(to);
    else if (this.#buffers.length === 0) this.#init(to);
    else if (random.chance(0.003)) this.#malformed(to, task);
    else write[this.#kind()]();
  }

  /** No command, an event, a tail missing, surplus or on its own. */
  #malformed(to: RecordWriter, task: number): void {
    const random = this.#random;
    const op = random.pick([0, 15, 63, 0x1234, ...Object.values(OP)]);
    to.put(op, task, this.#buffer(), random.below(4), this.#address(), random.pick([0, FLAG.more]));
    if (random.chance(0.5)) to.tail(this.#address(), 0, 0, 0, 0, random.chance(0.2) ? FLAG.more : 0);
  }

  #kind(): Kind {
    const at = (this.#random.below(2 ** 32) / 2 ** 32) * this.#sums.at(-1)!;
    return this.#kinds[this.#sums.findIndex((sum) => at < sum)]!;
  }

  /** Runs of one task, as in real traces; sometimes one that never was or is long dead. */
  #task(): number {
    const random = this.#random;
    if (random.chance(0.01)) return random.below(this.#lastTask + 3);
    if (this.#run > 0 && this.#tasks.includes(this.#run) && random.chance(0.6)) return this.#run;
    return (this.#run = random.pick(this.#tasks));
  }

  #buffer(): number {
    return this.#random.chance(0.01) ? this.#random.below(this.#lastBuffer + 3) : this.#random.pick(this.#buffers);
  }

  /** A new key, seldom a used one or 0. */
  #key(last: number): number {
    if (this.#random.chance(0.01)) return 0;
    return this.#random.chance(0.02) ? this.#random.below(last + 1) : last + 1;
  }

  #size(): number {
    return this.#random.pick([0, 1, PAGE, 8 << 20, 2 ** 32, 2 ** 40 + 4095, this.#random.next()]);
  }

  #spawn(to: RecordWriter): void {
    const key = this.#key(this.#lastTask);
    to.spawn(key, 1 + this.#random.below(32768));
    this.#born(key);
  }

  #fork(to: RecordWriter, parent: number): void {
    const key = this.#key(this.#lastTask);
    const share = this.#random.chance(0.4) ? 0 : this.#random.below(8);
    to.fork(parent, key, 1 + this.#random.below(32768), share);
    this.#born(key);
  }

  #born(key: number): void {
    if (key <= this.#lastTask) return;
    this.#lastTask = key;
    this.#tasks.push(key);
  }

  #exit(to: RecordWriter, task: number, group: boolean): void {
    to.exit(task, group, to.count % 8 === 5);
    const at = this.#tasks.indexOf(task);
    if (at >= 0 && this.#random.chance(0.95)) this.#tasks.splice(at, 1);
  }

  #init(to: RecordWriter): void {
    const random = this.#random;
    const key = this.#key(this.#lastBuffer);
    const tag = random.chance(0.5) ? 0 : random.below(this.#tags + 2);
    to.init(key, this.#size(), random.chance(0.2) || this.#tasks.length === 0 ? 0 : this.#task(), tag);
    if (key <= this.#lastBuffer) return;
    this.#lastBuffer = key;
    this.#buffers.push(key);
  }

  #remove(to: RecordWriter): void {
    const buffer =
      this.#unheld.length > 0 && this.#random.chance(0.85) ? this.#random.pick(this.#unheld) : this.#buffer();
    to.remove(buffer);
    const at = this.#buffers.indexOf(buffer);
    if (at >= 0 && this.#random.chance(0.5)) this.#buffers.splice(at, 1);
  }

  #install(to: RecordWriter, task: number): void {
    const buffer = this.#buffer();
    to.install(task, buffer);
    this.#remember(this.#installs, { task, buffer, start: 0 });
  }

  #uninstall(to: RecordWriter, task: number): void {
    const known = this.#recall(this.#installs, task);
    if (known === undefined || this.#random.chance(0.05)) to.uninstall(task, this.#buffer());
    else to.uninstall(known.task, known.buffer);
  }

  #vmOpen(to: RecordWriter, task: number): void {
    const random = this.#random;
    const buffer = this.#buffer();
    const start = this.#address();
    const pages = random.chance(0.03) ? 0 : 1 + random.below(4);
    to.vmOpen(task, buffer, start, start + pages * PAGE, random.below(8) * PAGE, random.below(64));
    this.#remember(this.#vmas, { task, buffer, start });
  }

  #vmClose(to: RecordWriter): void {
    const { task, buffer, start } = this.#recall(this.#vmas, 0) ?? {
      task: this.#task(),
      buffer: this.#buffer(),
      start: this.#address(),
    };
    to.vmClose(this.#random.chance(0.1) ? this.#task() : task, buffer, start);
  }

  #vmAdjust(to: RecordWriter): void {
    const random = this.#random;
    const { task, buffer, start } = this.#recall(this.#vmas, 0) ?? {
      task: this.#task(),
      buffer: this.#buffer(),
      start: this.#address(),
    };
    const newStart = random.chance(0.3) ? start : this.#address();
    const pages = random.chance(0.03) ? 0 : 1 + random.below(4);
    to.vmAdjust(task, buffer, start, newStart, newStart + pages * PAGE, random.below(8) * PAGE, random.below(64));
    this.#remember(this.#vmas, { task, buffer, start: newStart });
  }

  /** Few enough that they collide; some beyond 2³² in either half. */
  #address(): number {
    return this.#random.chance(0.1) ? this.#random.below(16) * PAGE : BASE + this.#random.below(64) * 5 * PAGE;
  }

  #remember(list: Known[], known: Known): void {
    if (list.length >= 400) list.splice(this.#random.below(list.length), 1);
    list.push(known);
  }

  /** Takes one of the task's if a few looks find one, else any. */
  #recall(list: Known[], task: number): Known | undefined {
    if (list.length === 0) return undefined;
    let at = this.#random.below(list.length);
    for (let look = 0; look < 8 && task !== 0 && list[at]?.task !== task; look++) at = this.#random.below(list.length);
    return this.#random.chance(0.1) ? list[at] : list.splice(at, 1)[0];
  }
}
