/** What the threads of the named-workers case agree on. */
export const TRACKER = 'bench';
export const TASKS = 20;
export const BUFFERS = 1000;
export const HANDLES = 100;
export const BATCH = 64;

export interface Start {
  readonly role: 'writer' | 'reader';
  readonly index: number;
  readonly writers: number;
  readonly events: number;
  /** Counts the threads that are ready. */
  readonly ready: Int32Array;
  /** 0: wait, 1: go, 2: the writers have finished. */
  readonly go: Int32Array;
}

export interface Done {
  readonly events: number;
  /** Nanoseconds of each batch. */
  readonly took: Float64Array;
  readonly textBytes: number;
}
