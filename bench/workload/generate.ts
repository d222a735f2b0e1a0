import { RecordWriter } from '../../lib/core/record.ts';
import { IndexSet } from './index-set.ts';
import { handleAims, holderShares } from './laws.ts';
import { Population } from './population.ts';
import { Random } from './random.ts';
import { MAX_HOLDERS, type Shape } from './shape.ts';

const CHUNK = 65536;
const PAGES = [1, 4, 16, 64, 256, 900, 2025, 3600] as const;
const FIRST_PID = 1000;

/** Receives full chunks of records, in order; the words are reused after the call. */
export type ChunkSink = (words: Uint32Array, count: number) => void;

export interface Generated {
  readonly events: number;
  /** Pairs: after so many events, read the memtrack file of that task. */
  readonly reads: Uint32Array;
  /** Tasks alive at the end, ascending. */
  readonly alive: Uint32Array;
  readonly population: Population;
}

/**
 * Generates a workload: every command legal under `intended` semantics. First comes a build-up (all processes are
 * spawned, all buffers made and given their holders), then a steady state in which commands are drawn by the
 * mix and small feedbacks hold the number of buffers, processes, handles and counts near what the shape says.
 */
export class Generator {
  readonly #shape: Shape;
  readonly #random: Random;
  readonly #out = new RecordWriter(CHUNK);
  readonly #sink: ChunkSink;
  readonly #people: Population;
  readonly #slots: number;
  readonly #aims: Float64Array;
  readonly #wheel: Int32Array;
  readonly #live: IndexSet;
  readonly #dead: IndexSet;
  readonly #needy: IndexSet;
  readonly #idle: IndexSet;
  readonly #freeBuffers: IndexSet;
  readonly #shares: Float64Array;
  readonly #census: Float64Array;
  readonly #reads: number[] = [];
  #events = 0;
  #nextTask = 1;
  #nextBuffer = 1;
  #buffers = 0;
  #owedRemoves = 0;

  constructor(shape: Shape, seed: number, sink: ChunkSink) {
    this.#shape = shape;
    this.#random = new Random(seed);
    this.#sink = sink;
    this.#slots = shape.processes;
    const room = Math.ceil(shape.buffers * 1.02) + 16;
    this.#shares = holderShares(shape);
    this.#aims = handleAims(shape);
    const handles = this.#shares.reduce((sum, share, n) => sum + share * n, 0) * shape.buffers;
    this.#people = new Population(this.#slots, room, Math.ceil(handles * 2) + 4 * shape.maxHandles);
    this.#live = new IndexSet(this.#slots);
    this.#dead = new IndexSet(this.#slots);
    this.#needy = new IndexSet(room);
    this.#idle = new IndexSet(room);
    this.#freeBuffers = new IndexSet(room);
    for (let b = 0; b < room; b++) this.#freeBuffers.insert(b);
    this.#census = new Float64Array(MAX_HOLDERS + 1);
    this.#wheel = wheelOf(this.#aims);
  }

  run(): Generated {
    this.#buildUp();
    const { mix, events } = this.#shape;
    const uninstalls = mix.install + mix.uninstall;
    const buffers = uninstalls + mix.init + mix.remove;
    const total = buffers + mix.fork + mix.exit;
    while (this.#events < events) {
      const draw = this.#random.fraction() * total;
      if (draw < mix.install) this.#install();
      else if (draw < uninstalls) this.#uninstall();
      else if (draw < buffers) this.#initOrRemove();
      else this.#forkOrExit();
    }
    this.#flush();
    return {
      events: this.#events,
      reads: Uint32Array.from(this.#reads),
      alive: this.#alive(),
      population: this.#people,
    };
  }

  #buildUp(): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      const key = this.#nextTask++;
      this.#people.task[slot] = key;
      this.#live.insert(slot);
      this.#out.spawn(key, FIRST_PID + key);
      this.#done();
    }
    while (this.#buffers < this.#shape.buffers && this.#events < this.#shape.events) {
      const buffer = this.#init();
      for (let i = 0; i < this.#people.aim[buffer]!; i++) this.#installNew(buffer);
    }
  }

  /** A command was written: count it, hand over a full chunk, read when it is time. */
  #done(): void {
    if (this.#out.count === CHUNK) this.#flush();
    if (++this.#events % this.#shape.readEvery !== 0) return;
    const { handles, slotOf, task } = this.#people;
    if (handles.size === 0) return;
    // Two of three by handle and not by process: who looks, looks at the big ones. About 300 lines in the mean.
    const byHandle = this.#reads.length % 6 < 4;
    const slot = byHandle
      ? slotOf[handles.at(this.#random.below(handles.size))]!
      : this.#live.at(this.#random.below(this.#live.size));
    this.#reads.push(this.#events, task[slot]!);
  }

  #flush(): void {
    this.#sink(this.#out.words, this.#out.count);
    this.#out.clear();
  }

  #install(): void {
    const needy = this.#needy.size;
    // New holders as long as buffers lack some; else one more reference on a handle that exists (a dup).
    const wanted = needy > this.#shape.buffers * 0.02 ? 0.9 : 0.45;
    if (needy > 0 && this.#random.fraction() < wanted && this.#installNew(this.#needy.at(this.#random.below(needy))))
      return;
    const people = this.#people;
    if (people.handles.size === 0) return;
    const handle = people.handles.at(this.#random.below(people.handles.size));
    people.addCount(handle, 1);
    this.#out.install(people.task[people.slotOf[handle]!]!, people.buffer[people.bufferOf[handle]!]!);
    this.#done();
  }

  #installNew(buffer: number): boolean {
    const people = this.#people;
    if (people.room === 0) return false;
    for (let attempt = 0; attempt < 8; attempt++) {
      const slot = this.#wheel[this.#random.below(this.#wheel.length)]!;
      if (people.task[slot] === 0 || people.find(slot, buffer) >= 0) continue;
      if (attempt < 7 && people.handlesOf[slot]! >= this.#aims[slot]!) continue;
      people.add(slot, buffer, 1);
      if (people.holdersOf[buffer]! >= people.aim[buffer]!) this.#needy.erase(buffer);
      this.#out.install(people.task[slot]!, people.buffer[buffer]!);
      this.#done();
      return true;
    }
    return false;
  }

  #uninstall(): void {
    if (this.#owedRemoves > 0 && this.#idle.size > 0) {
      this.#owedRemoves--;
      this.#remove();
      return;
    }
    const people = this.#people;
    if (people.handles.size === 0) return;
    let handle = -1;
    for (let attempt = 0; attempt < 4; attempt++) {
      handle = people.handles.at(this.#random.below(people.handles.size));
      const buffer = people.bufferOf[handle]!;
      if (people.holdersOf[buffer]! > people.aim[buffer]!) break; // what forks brought in excess goes first
    }
    this.#out.uninstall(people.task[people.slotOf[handle]!]!, people.buffer[people.bufferOf[handle]!]!);
    if (people.count[handle]! > 1) people.addCount(handle, -1);
    else this.#drop(handle);
    this.#done();
  }

  #drop(handle: number): void {
    const people = this.#people;
    const buffer = people.bufferOf[handle]!;
    people.drop(handle);
    const holders = people.holdersOf[buffer]!;
    if (holders === 0 && this.#idle.size < this.#shape.buffers * 0.005) {
      this.#needy.erase(buffer);
      this.#idle.insert(buffer);
    } else if (holders < people.aim[buffer]!) {
      this.#needy.insert(buffer);
    }
  }

  #initOrRemove(): void {
    const excess = this.#buffers / this.#shape.buffers - 1;
    const remove = excess > 0.005 || (excess > -0.005 && this.#random.next() % 2 === 0);
    if (!remove) this.#init();
    else if (this.#idle.size > 0) this.#remove();
    else {
      this.#uninstall();
      this.#owedRemoves++;
    }
  }

  #init(): number {
    const people = this.#people;
    const buffer = this.#freeBuffers.at(0);
    this.#freeBuffers.erase(buffer);
    const key = this.#nextBuffer++;
    this.#buffers++;
    people.buffer[buffer] = key;
    const aim = this.#rarestAim();
    people.aim[buffer] = aim;
    this.#census[aim]!++;
    this.#needy.insert(buffer);
    const slot = this.#live.at(this.#random.below(this.#live.size));
    this.#out.init(key, 4096 * PAGES[this.#random.below(PAGES.length)]!, people.task[slot]);
    this.#done();
    return buffer;
  }

  /** The number of holders that live buffers most lack, so that the shares hold for those alive, not those born. */
  #rarestAim(): number {
    let best = 1;
    let lack = -Infinity;
    for (let n = 1; n < this.#shares.length; n++) {
      const missing = this.#shares[n]! * this.#buffers - this.#census[n]!;
      if (missing > lack) {
        lack = missing;
        best = n;
      }
    }
    return best;
  }

  #remove(): void {
    const buffer = this.#idle.at(this.#random.below(this.#idle.size));
    this.#idle.erase(buffer);
    this.#freeBuffers.insert(buffer);
    this.#census[this.#people.aim[buffer]!]!--;
    this.#buffers--;
    this.#out.remove(this.#people.buffer[buffer]!);
    this.#people.buffer[buffer] = 0;
    this.#done();
  }

  #forkOrExit(): void {
    if (this.#dead.size === 0) this.#exit();
    else if (this.#dead.size >= 8 || this.#random.next() % 2 === 0) this.#fork();
    else this.#exit();
  }

  /** Of four live processes the one with the `rank`-th fewest counts (0: fewest). */
  #chooseLive(rank: number): number {
    const chosen = Array.from({ length: 4 }, () => this.#live.at(this.#random.below(this.#live.size)));
    chosen.sort((a, b) => this.#people.countsOf[a]! - this.#people.countsOf[b]!);
    return chosen[rank]!;
  }

  get #tooMany(): boolean {
    return this.#people.counts > 1.6 * this.#people.handles.size;
  }

  #fork(): void {
    const people = this.#people;
    const parent = this.#chooseLive(0);
    if (!this.#canFork(parent)) {
      this.#exit();
      return;
    }
    const slot = this.#dead.at(this.#random.below(this.#dead.size));
    this.#dead.erase(slot);
    this.#live.insert(slot);
    const key = this.#nextTask++;
    people.task[slot] = key;
    for (let handle = people.firstOf(parent); handle >= 0; handle = people.after(handle)) {
      const buffer = people.bufferOf[handle]!;
      people.add(slot, buffer, people.count[handle]!);
      if (people.holdersOf[buffer]! >= people.aim[buffer]!) this.#needy.erase(buffer);
    }
    this.#out.fork(people.task[parent]!, key, FIRST_PID + key, 0);
    this.#done();
  }

  #canFork(parent: number): boolean {
    const people = this.#people;
    if (people.handlesOf[parent]! > people.room) return false;
    for (let handle = people.firstOf(parent); handle >= 0; handle = people.after(handle)) {
      if (people.holdersOf[people.bufferOf[handle]!]! >= MAX_HOLDERS) return false;
    }
    return true;
  }

  #exit(): void {
    if (this.#live.size < 2) return;
    const people = this.#people;
    const slot = this.#chooseLive(this.#tooMany ? 2 : 0);
    this.#out.exit(people.task[slot]!);
    for (let handle = people.firstOf(slot); handle >= 0; handle = people.firstOf(slot)) this.#drop(handle);
    people.task[slot] = 0;
    this.#live.erase(slot);
    this.#dead.insert(slot);
    this.#done();
  }

  #alive(): Uint32Array {
    return this.#people.task.filter((key) => key !== 0).sort();
  }
}

/** Slots repeated in proportion to their aims: a uniform pick from it is a weighted pick of a slot. */
function wheelOf(aims: Float64Array): Int32Array {
  const wheel: number[] = [];
  aims.forEach((aim, slot) => {
    for (let i = 0; i < Math.max(1, Math.round(aim)); i++) wheel.push(slot);
  });
  return Int32Array.from(wheel);
}
