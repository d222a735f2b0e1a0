import { RECORD_WORDS } from '../../lib/core/record.ts';
import { Tracker } from '../../lib/core/tracker.ts';
import type { Rival } from './rival.ts';

const TEXT_ROOM = 1 << 20;

/** Ourselves, through the public class: what is measured against the rivals. */
export class Memtrack implements Rival {
  readonly #tracker: Tracker;
  #text = new Uint8Array(TEXT_ROOM);

  constructor(linking: 'deferred' | 'eager') {
    this.#tracker = new Tracker({ linking });
  }

  execute(words: Uint32Array, from: number, to: number): void {
    if (to === from) return;
    const accepted = this.#tracker.apply(words.subarray(from * RECORD_WORDS, to * RECORD_WORDS), to - from);
    if (accepted !== to - from) throw new Error(`${to - from - accepted} commands of the workload were refused`);
  }

  read(task: number): number {
    const length = this.#tracker.readMemtrackInto(task, this.#text);
    if (length <= this.#text.length) return length;
    this.#text = new Uint8Array(length);
    return this.read(task);
  }

  text(task: number): string {
    return this.#tracker.readMemtrack(task);
  }
}
