import type { Tracker } from '../core/tracker.ts';
import type { Kernel } from '../model/kernel.ts';

/** What pseudo-files are printed from. Without a model, only memtrack's are there. */
export interface PseudoFileSystem {
  readonly kernel: Kernel | null;
  /** null: a kernel without memtrack. */
  readonly tracker: Tracker | null;
}

/** The same, with a model. */
export interface ModelledSystem extends PseudoFileSystem {
  readonly kernel: Kernel;
}
