import type { TraceFacts } from '../trace/trace-reader.ts';

/** What a recording is, and what of it was replayed. */
export interface ReplayFacts extends TraceFacts {
  /** `events`: of a kernel, lowered by the model. `commands`: of the accounting core, executed as they are. */
  readonly family: 'events' | 'commands';
  /** Records in the recording, tails counted. */
  readonly records: number;
  /** Nanoseconds on its clock at the last event, also where the replay stopped before; null without a clock. */
  readonly end: bigint | null;
  /** What was asked for; null: the end. */
  readonly at: bigint | null;
  /** The replay was stopped before it had read everything. */
  readonly interrupted: boolean;
}
