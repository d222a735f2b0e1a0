/** Strings by number, as records refer to them; 0 is no string. */
export interface TraceStrings {
  /** One more than the highest number given out. */
  readonly length: number;
  /** null for 0 and for a number that no string has. */
  get(number: number): string | null;
}

/** The strings of one recording, numbered from 1 in the order they came; bytes that are not UTF-8 as in lib/core/text. */
export class StringTable implements TraceStrings {
  readonly #strings: (string | null)[] = [null];

  get length(): number {
    return this.#strings.length;
  }

  get(number: number): string | null {
    return this.#strings[number] ?? null;
  }

  append(text: string): number {
    return this.#strings.push(text) - 1;
  }
}
