import type { Tracker } from '../core/tracker.ts';
import type { CommandSink } from '../model/accounting.ts';

/** What the core knows of one buffer. */
interface BufferState {
  readonly id: number;
  readonly userspaceHandles: number;
}

/** A tracker as the model drives it; reads the core's buffers once per snapshot, not once per buffer. */
export class TrackerSink implements CommandSink {
  readonly tracker: Tracker;
  #states: Map<number, BufferState> | null = null;

  constructor(tracker: Tracker) {
    this.tracker = tracker;
  }

  apply(words: Uint32Array, count: number, results?: Int32Array): number {
    this.#states = null;
    return this.tracker.apply(words, count, results);
  }

  tag(text: string): number {
    return this.tracker.tag(text);
  }

  bufferState(key: number): BufferState | null {
    this.#states ??= this.#read();
    return this.#states.get(key) ?? null;
  }

  #read(): Map<number, BufferState> {
    const { length, key, id, userspaceHandles } = this.tracker.snapshot().buffers;
    return new Map(
      Array.from(
        { length },
        (_, row) => [key[row]!, { id: id[row]!, userspaceHandles: userspaceHandles[row]! }] as const,
      ),
    );
  }
}
