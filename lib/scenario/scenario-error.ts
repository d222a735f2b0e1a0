/** A scenario cannot be played on: which line of it, what, and what to try. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** From 1. */
  readonly line: number;

  constructor(line: number, what: string, options?: ErrorOptions) {
    super(what, options);
    this.line = line;
  }
}

/** What is wrong with an operation, before it is known on which line that stands. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
