import { MemtrackError } from '../core/errors.ts';

/** Pids below it are given out only in the first round (RESERVED_PIDS). */
const RESERVED_PIDS = 300;

/**
 * Pids as alloc_pid gives them: the next after the last one given, wrapping. Pid 1, init, is outside the model.
 */
export class PidAllocator<T> {
  readonly #taken = new Map<number, T>();
  readonly #max: number;
  #last: number;

  /** `max`: pid_max, exclusive. `last`: given out before the first. */
  constructor(max: number, last = 1) {
    this.#max = max;
    this.#last = last;
  }

  get(pid: number): T | undefined {
    return this.#taken.get(pid);
  }

  /** EAGAIN: every pid is taken. */
  next(): number {
    const wrap = this.#max > RESERVED_PIDS ? RESERVED_PIDS : 2;
    let pid = this.#last;
    for (let tries = 0; tries < this.#max; tries++) {
      pid = pid + 1 < this.#max ? pid + 1 : wrap;
      if (!this.#taken.has(pid)) return pid;
    }
    throw new MemtrackError('EAGAIN', 'alloc_pid');
  }

  set(pid: number, holder: T): void {
    this.#taken.set(pid, holder);
    this.#last = pid;
  }

  /** The same pid, another holder (exec by a thread). */
  replace(pid: number, holder: T): void {
    this.#taken.set(pid, holder);
  }

  delete(pid: number): void {
    this.#taken.delete(pid);
  }

  values(): IterableIterator<T> {
    return this.#taken.values();
  }
}
