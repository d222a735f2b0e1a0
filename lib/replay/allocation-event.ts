import { FLAG, SPACE } from '../core/record.ts';
import type { TraceStrings } from '../trace/string-table.ts';
import { tail, wide } from './lowering.ts';

const ID_BIT = FLAG.withId << 16;
const TOTAL_BIT = FLAG.withTotal << 16;
const OWNER_BIT = FLAG.withOwner << 16;
const DOMAIN_BIT = FLAG.withDomain << 16;

/** Beyond this high half a number is not exact. */
const EXACT_HIGH = 1 << 21;
const TWO_32 = 2 ** 32;

/** What an allocator event says. One is filled again and again: a recording may have a hundred million. */
export class AllocationEvent {
  space = 0;
  /** Unique in its space while it lives; null: the event does not identify it. */
  id: number | string | null = null;
  bytes = 0;
  name: string | null = null;
  /** All that its allocator has, after the event; NaN: not told. */
  total = NaN;
  /** pid that the event itself names; 0: none. */
  owner = 0;
  domain = 0;
  /** Key of the task that it was done for; 0: none. */
  client = 0;
  /** Nanoseconds, in halves. */
  timeLow = 0;
  timeHigh = 0;

  /** Reads the record at word `at`. */
  read(strings: TraceStrings, words: Uint32Array, at: number): this {
    const t = tail(at);
    const flags = words[at + 7]!;
    const name = words[at + 6]!;
    this.space = words[at + 5]!;
    this.domain = (flags & DOMAIN_BIT) === 0 ? 0 : words[t + 5]!;
    this.id = (flags & ID_BIT) === 0 ? null : this.#idOf(words[t]!, words[t + 1]!);
    this.bytes = wide(words, at);
    this.name = name === 0 ? null : strings.get(name);
    this.total = (flags & TOTAL_BIT) === 0 ? NaN : wide(words, t);
    this.owner = (flags & OWNER_BIT) === 0 ? 0 : words[t + 4]!;
    this.client = words[t + 6]!;
    this.timeLow = words[at]!;
    this.timeHigh = words[at + 1]!;
    return this;
  }

  get time(): bigint {
    return (BigInt(this.timeHigh) << 32n) | BigInt(this.timeLow);
  }

  #idOf(low: number, high: number): number | string {
    if (this.space === SPACE.fastrpc) return `${this.domain}:${high}:${low}`;
    return high < EXACT_HIGH ? high * TWO_32 + low : `${high}:${low}`;
  }
}
