import type { Measurement } from './measurement.ts';

/** What a case needs to know to be prepared. */
export interface Context {
  /** Root of the repository. */
  readonly root: string;
  /** Where workloads are kept between runs. */
  readonly workloads: string;
  /** Everything tiny: does it run, not how fast. */
  readonly smoke: boolean;
  readonly seed: number;
}

/** `memtrack` is measured; the ratio of every rival to the first variant of a section is printed. */
export type Role = 'memtrack' | 'rival' | 'limit';

/** One contestant: a program that prints a Measurement as its last line. */
export interface Variant {
  readonly name: string;
  readonly role: Role;
  readonly argv: readonly string[];
  /** What it answers is not compared: it keeps no account, or who comes first decides. */
  readonly unchecked?: boolean;
}

/** A number drawn from a measurement. */
export interface Figure {
  readonly unit: string;
  /** Is more better? */
  readonly more?: boolean;
  readonly of: (measurement: Measurement) => number;
}

/** One table: the same work done by several. The first figure makes the ratio. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly variants: readonly Variant[];
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  /** Prepares what the sections need, for which the contestants' time does not count. */
  readonly sections: (context: Context) => readonly Section[];
}
