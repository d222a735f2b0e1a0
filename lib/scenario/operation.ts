import { Refusal } from './scenario-error.ts';

const SUFFIX = { '': 1, k: 1024, m: 1024 * 1024 } as const;

/** The words of one line after the actor and the name of the operation. */
export class Operation {
  readonly name: string;
  readonly words: readonly string[];

  constructor(name: string, words: readonly string[]) {
    this.name = name;
    this.words = words;
  }

  /** The word at that place, which the operation cannot do without. */
  word(index: number): string {
    const word = this.words[index];
    if (word === undefined) throw new Refusal(`${this.name} needs more words`);
    return word;
  }

  /** VALUE of the first word `key=VALUE`. */
  option(key: string): string | undefined {
    return this.words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  }

  flag(key: string): boolean {
    return this.words.includes(key);
  }

  /** The number at that place. */
  number(index: number): number {
    return parseNumber(this.word(index));
  }

  /** Bytes, from `key=SIZE`. */
  size(key: string): number | undefined {
    const text = this.option(key);
    return text === undefined ? undefined : parseSize(text);
  }

  /** A number, from `key=N`. */
  count(key: string): number | undefined {
    const text = this.option(key);
    return text === undefined ? undefined : parseNumber(text);
  }
}

/** Bytes: decimal, 0x… or 0…, with K or M after it. */
export function parseSize(text: string): number {
  const match = /^(0x[\da-f]+|\d+)([km]?)$/i.exec(text);
  if (match === null) throw new Refusal(`bad size '${text}': expected bytes, such as 4096, 64K or 0x1000`);
  const [, digits = '', suffix = ''] = match;
  const bytes = parseC(digits) * SUFFIX[suffix.toLowerCase() as keyof typeof SUFFIX];
  if (!Number.isSafeInteger(bytes)) throw new Refusal(`bad size '${text}': more than 2^53 bytes`);
  return bytes;
}

export function parseNumber(text: string): number {
  if (!/^(?:0x[\da-f]+|\d+)$/i.test(text)) throw new Refusal(`bad number '${text}'`);
  return parseC(text);
}

/** strtoull with base 0. */
function parseC(digits: string): number {
  if (/^0x/i.test(digits)) return Number(digits);
  if (!/^0\d/.test(digits)) return Number(digits);
  if (/[89]/.test(digits)) throw new Refusal(`bad number '${digits}': 8 and 9 are no octal digits`);
  return Number.parseInt(digits, 8);
}
