import { Machine } from '../../lib/machine/machine.ts';
import type { DmaHeap } from '../../lib/drivers/dma-heap.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { Random } from './random.ts';

/**
 * Of a thousand operations so many are of each kind. What opens descriptors (60 + 120 + 90) is closed again (270), what is mapped
 * is unmapped; a replaced process is one exit and one fork, of which it counts as two.
 */
export const MIX = {
  alloc: 60,
  dup: 120,
  close: 270,
  sendmsg: 90,
  recvmsg: 90,
  mmap: 150,
  munmap: 150,
  mprotect: 10,
  cloexec: 30,
  lookup: 20,
  replace: 4,
  exec: 2,
} as const;

type Kind = keyof typeof MIX;

const PROCESSES = 64;
/** A process begins with so many, and is kept between half and twice as many. */
const FDS = 64;
const MAPS = 32;
const PAGE = 4096;
const LENGTH = 16 * PAGE;
/** Messages that may wait in the one socket that all processes share. */
const WAITING = 64;
const IN = 0;
const OUT = 1;

interface Process {
  task: Task;
  readonly fds: number[];
  readonly maps: number[];
}

/**
 * A machine in a steady state: 64 processes of about 64 descriptors and 32 mappings of dma-bufs, which dup, map, pass and drop
 * them, chosen at random; the same seed gives the same operations.
 */
export class ModelMix {
  readonly kernel: Machine;
  readonly #heap: DmaHeap;
  readonly #processes: Process[] = [];
  readonly #random: Random;
  readonly #deck: readonly Kind[];
  #waiting = 0;

  constructor(seed: number, options: KernelOptions = {}) {
    this.kernel = new Machine({ autoReap: true, ...options });
    this.#heap = this.kernel.dmaHeap('system');
    this.#random = new Random(seed);
    this.#deck = (Object.keys(MIX) as Kind[]).flatMap((kind) => new Array<Kind>(MIX[kind]).fill(kind));
    const first = this.kernel.spawn();
    first.socketpair();
    for (let i = 0; i < PROCESSES; i++) {
      const process: Process = { task: i === 0 ? first : first.fork(), fds: [], maps: [] };
      this.#processes.push(process);
    }
    for (const process of this.#processes) {
      for (let i = 0; i < FDS; i++) this.#alloc(process);
      for (let i = 0; i < MAPS; i++) this.#mmap(process);
    }
  }

  /** Makes so many operations, and tells the core of all of them. */
  run(operations: number): void {
    const random = this.#random;
    for (let done = 0; done < operations;) {
      const process = this.#processes[random.below(PROCESSES)]!;
      done += this.#one(this.#deck[random.below(this.#deck.length)]!, process);
    }
    this.kernel.flush();
  }

  /** Answers how many operations it was. What would leave the bounds is its opposite instead. */
  #one(kind: Kind, process: Process): number {
    const { task, fds, maps } = process;
    switch (kind) {
      case 'alloc':
        if (fds.length >= 2 * FDS) this.#close(process);
        else this.#alloc(process);
        return 1;
      case 'dup':
        if (fds.length >= 2 * FDS) this.#close(process);
        else fds.push(task.dup(this.#any(fds)));
        return 1;
      case 'close':
        if (fds.length <= FDS / 2) this.#alloc(process);
        else this.#close(process);
        return 1;
      case 'sendmsg':
        if (this.#waiting >= WAITING) this.#receive(process);
        else this.#send(process);
        return 1;
      case 'recvmsg':
        if (this.#waiting === 0) this.#send(process);
        else this.#receive(process);
        return 1;
      case 'mmap':
        if (maps.length >= 2 * MAPS) this.#munmap(process);
        else this.#mmap(process);
        return 1;
      case 'munmap':
        if (maps.length <= MAPS / 2) this.#mmap(process);
        else this.#munmap(process);
        return 1;
      case 'mprotect':
        task.mprotect(this.#any(maps), LENGTH, 1);
        return 1;
      case 'cloexec':
        task.setCloexec(this.#any(fds), this.#random.below(8) === 0);
        return 1;
      case 'lookup':
        task.file(this.#any(fds));
        return 1;
      case 'replace':
        this.#replace(process);
        return 2;
      case 'exec':
        return this.#exec(process);
    }
  }

  #any(list: readonly number[]): number {
    return list[this.#random.below(list.length)]!;
  }

  #take(list: number[]): number {
    const at = this.#random.below(list.length);
    const taken = list[at]!;
    const last = list.pop()!;
    if (at < list.length) list[at] = last;
    return taken;
  }

  #alloc({ task, fds }: Process): void {
    fds.push(this.#heap.alloc(task, { size: LENGTH, fdFlags: 2 }));
  }

  #close({ task, fds }: Process): void {
    task.close(this.#take(fds));
  }

  #mmap({ task, fds, maps }: Process): void {
    maps.push(task.mmap({ fd: this.#any(fds), length: LENGTH }));
  }

  #munmap({ task, maps }: Process): void {
    task.munmap(this.#take(maps), LENGTH);
  }

  #send({ task, fds }: Process): void {
    task.sendmsg(IN, [this.#any(fds)]);
    this.#waiting++;
  }

  #receive({ task, fds }: Process): void {
    fds.push(task.recvmsg(OUT).fds[0]!);
    this.#waiting--;
  }

  /** Another process ends, and this one forks in its place. */
  #replace(process: Process): void {
    const at = this.#random.below(PROCESSES - 1);
    const other = this.#processes[this.#processes[at] === process ? PROCESSES - 1 : at]!;
    other.task.exitGroup(0);
    other.task = process.task.fork();
    other.fds.splice(0, Infinity, ...process.fds);
    other.maps.splice(0, Infinity, ...process.maps);
  }

  /** A new program in place of the old: its mappings and the descriptors marked so are gone; it opens and maps anew. */
  #exec(process: Process): number {
    const { task, fds, maps } = process;
    const kept = fds.filter((fd) => !task.files.cloexec(fd));
    task.exec();
    fds.splice(0, Infinity, ...kept);
    maps.length = 0;
    const missing = Math.max(FDS / 2 - fds.length, 0);
    for (let i = 0; i < missing; i++) this.#alloc(process);
    for (let i = 0; i < MAPS / 2; i++) this.#mmap(process);
    return 1 + missing + MAPS / 2;
  }
}
