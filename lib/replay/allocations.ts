import { SPACE } from '../core/record.ts';
import type { Task } from '../model/task.ts';
import type { Losses } from './losses.ts';
import { RunningSum } from './running-sum.ts';

/** What an allocator event says. */
export interface AllocationEvent {
  readonly space: number;
  /** Unique in its space while it lives; null: the event does not identify it. */
  readonly id: number | string | null;
  readonly bytes: number;
  readonly name: string | null;
  /** All that its allocator has, after the event; null: not told. */
  readonly total: number | null;
  readonly domain: number;
}

/** A live buffer as its allocator knows it. */
export interface Allocation {
  readonly space: number;
  readonly id: number | string;
  readonly bytes: number;
  readonly name: string | null;
  /** Who is charged; null: nobody known. */
  readonly task: Task | null;
  /** A pid that the event itself names; 0: none. */
  readonly owner: number;
  readonly since: bigint;
}

const SUMS: Readonly<Record<number, string>> = {
  [SPACE.dmaHeap]: 'dma-buf heaps',
  [SPACE.ion]: 'ION',
  [SPACE.ionAddress]: 'ION buffers',
  [SPACE.ionHeap]: 'ION heap',
  [SPACE.cma]: 'CMA',
  [SPACE.fastrpc]: 'fastrpc buffers of DSP',
  [SPACE.fastrpcDomain]: 'fastrpc DSP',
  [SPACE.kgsl]: 'KGSL',
  [SPACE.i915]: 'i915',
  [SPACE.amdgpu]: 'amdgpu',
  [SPACE.xe]: 'xe',
};

const BY_NAME: ReadonlySet<number> = new Set([SPACE.ionHeap]);
const BY_DOMAIN: ReadonlySet<number> = new Set([SPACE.fastrpc, SPACE.fastrpcDomain]);

/** What the allocators of a recording handed out and did not get back. */
export class Allocations {
  /** Events of any allocator. */
  events = 0;
  readonly #losses: Losses;
  readonly #live = new Map<number, Map<number | string, Allocation>>();
  readonly #sums = new Map<string, RunningSum>();
  readonly #main: (RunningSum | undefined)[] = [];

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  allocate(event: AllocationEvent, task: Task | null, owner: number, now: bigint): void {
    this.events++;
    this.#sum(event).change(event.bytes, event.total, now);
    if (event.id === null) {
      this.#losses.count('allocation_without_identity');
      return;
    }
    const live = this.#of(event.space);
    const old = live.get(event.id);
    if (old !== undefined) {
      // Its free was lost: an identity is not given out twice.
      this.#losses.count('allocation_twice');
      live.delete(event.id);
    }
    const { space, id, bytes, name } = event;
    live.set(id, { space, id, bytes, name, task, owner, since: now });
  }

  free(event: AllocationEvent, now: bigint): void {
    this.events++;
    const sum = this.#sum(event);
    if (event.id === null) {
      sum.change(-event.bytes, event.total, now);
      return;
    }
    const live = this.#of(event.space);
    const known = live.get(event.id);
    const bytes = event.bytes === 0 ? (known?.bytes ?? 0) : event.bytes;
    sum.change(-bytes, event.total, now);
    if (known === undefined) {
      this.#losses.count('free_of_older');
      sum.olderFreed(bytes);
    } else {
      if (known.bytes !== bytes) this.#losses.count('free_size_differs');
      live.delete(event.id);
    }
  }

  /** Whether it was seen to be allocated and not freed. */
  has(space: number, id: number): Allocation | undefined {
    return this.#live.get(space)?.get(id);
  }

  spaces(): readonly number[] {
    return [...this.#live.keys()];
  }

  live(space: number): Iterable<Allocation> {
    return this.#live.get(space)?.values() ?? [];
  }

  sums(): readonly RunningSum[] {
    return [...this.#sums.values()];
  }

  /** The sum over a whole space; null: nothing was counted. */
  sumOf(space: number): RunningSum | null {
    return this.#main[space] ?? null;
  }

  settle(): void {
    for (const sum of this.#sums.values()) sum.settle();
  }

  #of(space: number): Map<number | string, Allocation> {
    let live = this.#live.get(space);
    if (live === undefined) {
      live = new Map();
      this.#live.set(space, live);
    }
    return live;
  }

  #sum({ space, name, domain }: AllocationEvent): RunningSum {
    const byName = BY_NAME.has(space);
    if (!byName && !BY_DOMAIN.has(space)) {
      return (this.#main[space] ??= this.#begin(SUMS[space] ?? `space ${space}`));
    }
    const what = `${SUMS[space] ?? `space ${space}`} ${byName ? (name ?? '') : domain}`;
    return this.#sums.get(what) ?? this.#begin(what);
  }

  #begin(what: string): RunningSum {
    const sum = new RunningSum(what, this.#losses);
    this.#sums.set(what, sum);
    return sum;
  }
}
