/** Replay: a recording to the state at any time, and what it could not tell. */

export { adviceFor, STRACE_COMMAND } from './advice.ts';
export type { ReplayFacts } from './facts.ts';
export { type Loss, LOSSES, type LossName, type Severity } from './losses.ts';
export { replay, type ReplayOptions } from './replay.ts';
export type { Replayed } from './replayed.ts';
export { type Span, spanOf } from './span.ts';
