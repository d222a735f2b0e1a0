import { SPACE } from '../core/record.ts';
import type { Task } from '../model/task.ts';
import { AllocationEvent } from './allocation-event.ts';
import { type Allocation, AllocationTable } from './allocation-table.ts';
import type { Losses } from './losses.ts';
import { RunningSum } from './running-sum.ts';

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

/** Sums that are kept per heap, or per processor. */
const BY_NAME: ReadonlySet<number> = new Set([SPACE.ionHeap]);
const BY_DOMAIN: ReadonlySet<number> = new Set([SPACE.fastrpc, SPACE.fastrpcDomain]);

/** What the allocators of a recording handed out and did not get back. */
export class Allocations {
  /** Events of any allocator. */
  events = 0;
  /** Filled for each event. */
  readonly event = new AllocationEvent();
  readonly #losses: Losses;
  readonly #tables: (AllocationTable | undefined)[] = [];
  readonly #sums = new Map<string, RunningSum>();
  /** Of spaces that have only one. */
  readonly #whole: (RunningSum | undefined)[] = [];

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  /** `task` allocated, or is charged for, what the event says. */
  allocate(event: AllocationEvent, task: Task | null): void {
    this.events++;
    this.#sum(event).change(event.bytes, event);
    if (event.id === null) this.#losses.count('allocation_without_identity');
    // Else: its free was lost, for an identity is not given out twice.
    else if (!this.#table(event.space).add(event.id, event, task)) this.#losses.count('allocation_twice');
  }

  free(event: AllocationEvent): void {
    this.events++;
    const sum = this.#sum(event);
    if (event.id === null) {
      sum.change(-event.bytes, event);
      return;
    }
    const known = this.#table(event.space).take(event.id);
    const bytes = event.bytes === 0 ? Math.max(known, 0) : event.bytes;
    if (known < 0) {
      this.#losses.count('free_of_older');
      sum.olderFreed(bytes, event);
    } else {
      sum.change(-bytes, event);
      if (known !== bytes) this.#losses.count('free_size_differs');
    }
  }

  /** Allocated and not freed. */
  get(space: number, id: number): Allocation | null {
    return this.#tables[space]?.get(id) ?? null;
  }

  /** Those that have buffers with an identity, or had. */
  spaces(): readonly number[] {
    return this.#tables.flatMap((table, space) => (table === undefined ? [] : [space]));
  }

  live(space: number): Iterable<Allocation> {
    return this.#tables[space] ?? [];
  }

  sums(): readonly RunningSum[] {
    return [...this.#sums.values()];
  }

  /** The sum over a whole space; null: nothing was counted. */
  sumOf(space: number): RunningSum | null {
    return this.#whole[space] ?? null;
  }

  settle(): void {
    for (const sum of this.#sums.values()) sum.settle();
  }

  #table(space: number): AllocationTable {
    return (this.#tables[space] ??= new AllocationTable(space));
  }

  #sum({ space, name, domain }: AllocationEvent): RunningSum {
    const whole = this.#whole[space];
    if (whole !== undefined) return whole;
    const what = SUMS[space] ?? `space ${space}`;
    if (BY_NAME.has(space)) return this.#named(`${what} ${name ?? ''}`);
    if (BY_DOMAIN.has(space)) return this.#named(`${what} ${domain}`);
    return (this.#whole[space] = this.#named(what));
  }

  #named(what: string): RunningSum {
    let sum = this.#sums.get(what);
    if (sum === undefined) {
      sum = new RunningSum(what, this.#losses);
      this.#sums.set(what, sum);
    }
    return sum;
  }
}
