import type { Snapshot } from '../core/snapshot.ts';
import type { Tracker } from '../core/tracker.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ReplayFacts } from './facts.ts';
import type { Loss } from './losses.ts';

/** A recording's state at one time. Holds native memory: `close()` it. */
export interface Replayed extends Disposable {
  readonly facts: ReplayFacts;
  /** The modelled kernel; null for a recording of accounting commands, which shows no more than the core keeps. */
  readonly kernel: Kernel | null;
  readonly tracker: Tracker;
  /** The decoder's first, then what the replay adds, then what the core refused. */
  readonly losses: readonly Loss[];
  snapshot(): Snapshot;
  /** Twice is fine. */
  close(): void;
}
