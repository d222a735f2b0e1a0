import type { Losses } from './losses.ts';

/** Two CPUs may print their totals in the other order than they changed them; within this it is no loss. */
const REORDER_NS = 1_000_000n;

/**
 * A total that the kernel prints with every change: tells what there was before the recording, and where events are
 * missing. Bytes.
 */
export class RunningSum {
  readonly what: string;
  /** As printed last; null: never. */
  printed: number | null = null;
  /** Of what was there when the recording began, still there. */
  older: number | null = null;
  /** Changes since the recording began. */
  #balance = 0;
  #drift = 0;
  #driftSince = 0n;
  readonly #losses: Losses;

  constructor(what: string, losses: Losses) {
    this.what = what;
    this.#losses = losses;
  }

  /** An event changed the sum by `change`, and printed what it then was; null: it did not print it. */
  change(change: number, printed: number | null, now: bigint): void {
    this.#balance += change;
    if (printed === null) {
      if (this.printed !== null) this.printed += change;
      return;
    }
    if (this.older === null) {
      this.older = printed - this.#balance;
      if (this.older < 0) {
        // The first printed total is below what was seen to be allocated: frees are missing before it.
        this.#losses.count('total_inconsistent');
        this.#balance += this.older;
        this.older = 0;
      }
    } else {
      const drift = printed - (this.older + this.#balance);
      if (drift === 0) {
        if (this.#drift !== 0) this.#losses.count('total_reordered');
        this.#drift = 0;
      } else if (this.#drift === 0) {
        this.#drift = drift;
        this.#driftSince = now;
      } else if (now - this.#driftSince > REORDER_NS) {
        this.#accept();
        const more = printed - (this.older + this.#balance);
        this.#drift = more;
        this.#driftSince = now;
      } else {
        this.#drift = drift;
      }
    }
    this.printed = printed;
  }

  /** Something older than the recording was freed; its size counted as a change already. */
  olderFreed(bytes: number): void {
    if (this.older === null) {
      this.#balance += bytes;
      return;
    }
    this.older = Math.max(0, this.older - bytes);
    this.#balance += bytes;
  }

  /** At the end: a deviation that stayed is a loss. */
  settle(): void {
    if (this.#drift !== 0) this.#accept();
  }

  /** Events are missing: what they changed is unknown but in sum. */
  #accept(): void {
    this.#losses.count('total_inconsistent');
    this.#balance += this.#drift;
    this.missing += this.#drift;
    this.#drift = 0;
  }

  /** Bytes by which the totals changed without an event. */
  missing = 0;
}
