import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';
import { sizeIsKnown } from './page-sets.ts';
import { findTotals } from './totals.ts';

/** Collects what a rule charges process by process. */
export class ChargeSheet {
  readonly #holding: Holding;
  readonly #bytes: Float64Array;
  readonly #lowerBound: Uint8Array;
  readonly #charged: Uint8Array;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#bytes = new Float64Array(holding.snapshot.processes.length);
    this.#lowerBound = new Uint8Array(this.#bytes.length);
    this.#charged = new Uint8Array(holding.snapshot.buffers.length);
  }

  /** A buffer costs a process so many bytes more; `whole`: the figure comes from the size of the buffer. */
  charge(process: number, buffer: number, bytes: number, whole = true): void {
    this.#bytes[process] = (this.#bytes[process] ?? 0) + bytes;
    this.#charged[buffer] = 1;
    if (whole && !sizeIsKnown(this.#holding.snapshot.buffers, buffer)) this.#lowerBound[process] = 1;
  }

  /** Whole bytes, rounded down; the sum is what a reader gets who adds up the processes. */
  finish(rule: string): Charges {
    const bytes = this.#bytes.map(Math.floor);
    return {
      rule,
      bytes,
      lowerBound: this.#lowerBound,
      sum: bytes.reduce((sum, figure) => sum + figure, 0),
      unattributed: findTotals(this.#holding, (buffer) => this.#charged[buffer] === 1).orphanBytes,
    };
  }
}
