import { Presets, SingleBar } from 'cli-progress';
import { formatSize } from '../report/index.ts';
import type { TraceProgress } from '../trace/trace-reader.ts';
import type { Io } from './io.ts';

/** A bar is drawn only for what takes longer than this, in milliseconds. */
const PATIENCE = 500;

/** A bar with rate and time left on a terminal; nothing where nobody looks. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #started = Date.now();
  #bar: SingleBar | null = null;

  constructor(io: Io, what: string) {
    this.#io = io;
    this.#what = what;
  }

  update({ read, total }: TraceProgress): void {
    if (this.#io.stderr.isTTY !== true) return;
    const elapsed = Date.now() - this.#started;
    if (this.#bar === null) {
      if (elapsed < PATIENCE || (total !== null && read >= total)) return;
      this.#bar = this.#begin(total);
    }
    const rate = `${formatSize(Math.round((read / Math.max(elapsed, 1)) * 1000))}/s`;
    this.#bar.update(total === null ? 0 : Math.min(read, total), { rate, done: formatSize(read) });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #begin(total: number | null): SingleBar {
    const figures = total === null ? '{done}  {rate}' : '{bar} {percentage}%  {done}  {rate}  {eta_formatted} left';
    const bar = new SingleBar(
      {
        format: `${this.#what}  ${figures}`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 50,
      },
      Presets.shades_classic,
    );
    bar.start(total ?? 0, 0, { rate: '', done: '' });
    return bar;
  }
}
