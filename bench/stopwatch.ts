import { readFileSync } from 'node:fs';

const PAGE = 4096;

/** Measures CPU time of the process, time on the clock and growth of the resident set between `start` and `stop`. */
export class Stopwatch {
  #cpu = process.cpuUsage();
  #wall = process.hrtime.bigint();
  #resident = 0;

  start(): void {
    collect();
    this.#resident = resident();
    this.#cpu = process.cpuUsage();
    this.#wall = process.hrtime.bigint();
  }

  stop(): { readonly cpuNs: number; readonly wallNs: number; readonly rssBytes: number } {
    const wallNs = Number(process.hrtime.bigint() - this.#wall);
    const { user, system } = process.cpuUsage(this.#cpu);
    collect();
    return { cpuNs: (user + system) * 1000, wallNs, rssBytes: resident() - this.#resident };
  }
}

function resident(): number {
  return Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * PAGE;
}

/** Under --expose-gc garbage does not count as memory used; otherwise nothing. */
function collect(): void {
  globalThis.gc?.();
}
