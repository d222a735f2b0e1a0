import type { AllocationEvent } from './allocation-event.ts';
import type { Losses } from './losses.ts';

/** Two CPUs may print their totals in another order than they changed them; within this it is no loss. */
const REORDER_NS = 1_000_000n;

/**
 * A total that the kernel prints with every change: it tells what there was before the recording, and where events are
 * missing. In bytes. `printed = older + changes since`, unless an event was lost.
 */
export class RunningSum {
  readonly what: string;
  /** As printed last, or worked out from it; NaN: never printed. */
  printed = NaN;
  /** What was there before the recording and has not been freed; NaN: not known. */
  older = NaN;
  /** By how much the printed totals changed without an event. */
  missing = 0;
  readonly #losses: Losses;
  /** What was allocated in the recording and is still there, and what is missing. */
  #balance = 0;
  /** By how much the printed total differs from that, since when. */
  #drift = 0;
  #driftSince = 0n;

  constructor(what: string, losses: Losses) {
    this.what = what;
    this.#losses = losses;
  }

  /** An event changed the sum by `change`. */
  change(change: number, event: AllocationEvent): void {
    this.#balance += change;
    const { total } = event;
    if (total === this.older + this.#balance && this.#drift === 0) this.printed = total;
    else if (Number.isNaN(total)) this.printed += change;
    else this.#compare(event);
  }

  /** Something was freed that was not seen to be allocated. */
  olderFreed(bytes: number, event: AllocationEvent): void {
    if (!Number.isNaN(this.older)) {
      // Of what was known to be older than the recording, or of what was missed.
      const older = Math.min(bytes, this.older);
      this.older -= older;
      this.#balance -= bytes - older;
    }
    this.change(0, event);
  }

  /** At the end: a difference that stayed is a loss. */
  settle(): void {
    if (this.#drift !== 0) this.#accept();
  }

  #compare(event: AllocationEvent): void {
    const { total } = event;
    this.printed = total;
    if (Number.isNaN(this.older)) {
      this.older = Math.max(0, total - this.#balance);
      if (total < this.#balance) this.#losses.count('total_inconsistent');
      this.#balance = total - this.older;
      return;
    }
    const drift = total - (this.older + this.#balance);
    if (drift === 0) {
      this.#losses.count('total_reordered');
    } else if (this.#drift === 0) {
      this.#driftSince = event.time;
    } else if (event.time - this.#driftSince > REORDER_NS) {
      // It has not mended itself: what was missing then is lost; what is missing now may yet come.
      this.#accept();
      this.#drift = total - (this.older + this.#balance);
      this.#driftSince = event.time;
      return;
    }
    this.#drift = drift;
  }

  #accept(): void {
    this.#losses.count('total_inconsistent');
    this.#balance += this.#drift;
    this.missing += this.#drift;
    this.#drift = 0;
  }
}
