/** One way to account: executes records and renders /proc/[pid]/memtrack. All must give the same text. */
export interface Rival {
  /** Executes the records [from, to) of `words`. */
  execute(words: Uint32Array, from: number, to: number): void;
  /** Renders the memtrack file of a task and gives its length in bytes; what a timed read does. */
  read(task: number): number;
  /** The same text, to be compared; not timed. */
  text(task: number): string;
}
