import { addon, type CounterInfo } from './addon.ts';

/** One thing that was refused, ignored or lost, and how often. */
export interface Count extends CounterInfo {
  readonly count: number;
}

/** Everything the core can refuse or ignore. */
export const CORE_COUNTERS: readonly CounterInfo[] = addon.counterInfo;
