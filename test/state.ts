/** What a tracker under test answers with: its whole state in a form that two implementations can be compared by. */

export type Semantics = 'intended' | 'posted';

export interface Limits {
  readonly handles?: number;
  readonly vmas?: number;
  readonly ids?: number;
  readonly tags?: number;
}

export interface VmaState {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly flags: number;
}

/** A row of `/proc/[pid]/memtrack`: `fds` is the count, `vmas` are newest first; a removed buffer's key is 0. */
export interface RowState {
  readonly buffer: number;
  readonly fds: number;
  readonly vmas: readonly VmaState[];
}

/** A leader with at least one row; rows by ascending buffer id. */
export interface LeaderState {
  readonly task: number;
  readonly pid: number;
  readonly rows: readonly RowState[];
}

/** `holders`: keys of the leaders that hold it, ascending. */
export interface BufferState {
  readonly key: number;
  readonly id: number;
  readonly size: number;
  readonly tag: number;
  readonly pid: number;
  readonly userspaceHandles: number;
  readonly holders: readonly number[];
}

/** Buffers and leaders by ascending key. */
export interface State {
  readonly buffers: readonly BufferState[];
  readonly leaders: readonly LeaderState[];
}

/** Anything that executes command records: the oracle, or the core behind an adapter. */
export interface Implementation {
  /** Interns a tag's text; the same text gives the same number, never 0. */
  tag(text: string): number;
  /** Executes `count` records; one result per record. */
  apply(words: Uint32Array, count: number): Int32Array;
  state(): State;
  close(): void;
}
