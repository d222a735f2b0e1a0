import { Tracker } from '../core/tracker.ts';
import type { Semantics } from '../core/tracker.ts';
import { Kernel } from '../model/kernel.ts';
import type { TraceStrings } from '../trace/string-table.ts';
import type { ReplayFacts } from './facts.ts';
import type { Loss, Losses } from './losses.ts';
import { Lowering } from './lowering.ts';
import type { FamilyReplay } from './replay.ts';
import type { Replayed } from './replayed.ts';
import { withAllocations } from './with-allocations.ts';

/** A counter of readers: without the ends of processes, those without one may live or not. */
const ENDS_MISSING = 'signals_suppressed';

/** A recording of kernel events: the model lives through them and tells the core. */
export class EventReplay implements FamilyReplay {
  readonly #tracker: Tracker;
  readonly #kernel: Kernel;
  readonly #lowering: Lowering;

  constructor(semantics: Semantics, losses: Losses, strings: TraceStrings) {
    this.#tracker = new Tracker({ semantics });
    this.#kernel = new Kernel({ semantics, memtrack: 'debug', tracker: this.#tracker, autoReap: true });
    this.#lowering = new Lowering(this.#kernel, losses, strings);
  }

  apply(words: Uint32Array, count: number, until: bigint | null): void {
    this.#lowering.apply(words, count, until);
  }

  finish(losses: Losses, facts: ReplayFacts, read: readonly Loss[]): Replayed {
    const kernel = this.#kernel;
    const tracker = this.#tracker;
    kernel.now = facts.at ?? facts.end ?? facts.start ?? 0n;
    this.#lowering.settle();
    kernel.flush();
    if (facts.at === null && read.some(({ name }) => name === ENDS_MISSING)) {
      for (const group of kernel.groups) if (group.alive) group.uncertain = true;
    }
    const close = (): void => this.close();
    return {
      facts: { ...facts, mode: this.#lowering.mode },
      kernel,
      tracker,
      losses: [...read, ...losses.list(), ...tracker.counters()],
      snapshot: () => ({
        ...withAllocations(this.#lowering, kernel.snapshot()),
        at: facts.clock === null ? null : kernel.now,
      }),
      close,
      [Symbol.dispose]: close,
    };
  }

  close(): void {
    this.#kernel.close();
    this.#tracker.close();
  }
}
