/** Scene: an implementation, played command by command, and short questions to its state. */
import { describe, onTestFinished } from 'vitest';
import { RecordWriter } from '../../lib/core/record.ts';
import { implementations } from '../implementations.ts';
import type { Implementation, Limits, RowState, Semantics } from '../state.ts';

export class Scene {
  readonly tracker: Implementation;
  readonly #writer = new RecordWriter();

  constructor(tracker: Implementation) {
    this.tracker = tracker;
  }

  /** Plays what `write` writes as one batch; the results of the commands, without those of tails. */
  play(write: (to: RecordWriter) => void): readonly number[] {
    this.#writer.clear();
    write(this.#writer);
    const { words, count } = this.#writer;
    const results = this.tracker.apply(words, count);
    return [...results.subarray(0, count)].filter((_, row) => (words[row * 8 + 7]! & 0xffff) !== 0xffff);
  }

  /** The row of `buffer` in the file of the leader `task`; undefined: not held. */
  row(task: number, buffer: number): RowState | undefined {
    return this.rows(task).find((row) => row.buffer === buffer);
  }

  rows(task: number): readonly RowState[] {
    return this.tracker.state().leaders.find((leader) => leader.task === task)?.rows ?? [];
  }

  /** Count of fds in that row; 0 if there is none. */
  fds(task: number, buffer: number): number {
    return this.row(task, buffer)?.fds ?? 0;
  }

  /** Starts of the VMAs in that row, newest first. */
  starts(task: number, buffer: number): readonly number[] {
    return (this.row(task, buffer)?.vmas ?? []).map((vma) => vma.start);
  }

  userspaceHandles(buffer: number): number | undefined {
    return this.tracker.state().buffers.find((each) => each.key === buffer)?.userspaceHandles;
  }

  holders(buffer: number): readonly number[] | undefined {
    return this.tracker.state().buffers.find((each) => each.key === buffer)?.holders;
  }
}

/** Opens a scene that is closed when the test ends. */
export type OpenScene = (semantics: Semantics, limits?: Limits) => Scene;

/** The same tests for every implementation. */
export function describeEach(title: string, tests: (open: OpenScene) => void): void {
  describe.each(implementations)(`${title}: $name`, ({ open }) => {
    tests((semantics, limits = {}) => {
      const tracker = open(semantics, limits);
      onTestFinished(() => tracker.close());
      return new Scene(tracker);
    });
  });
}
