import { addon, type CounterInfo } from './addon.ts';
import type { Count } from './counters.ts';
import { decodeText } from './text.ts';

/** Formats of recordings that the add-on decodes. */
export type DecoderFormat = 'strace' | 'ftrace';

/** Fewest records an array given to `take` must hold: the largest group, a message with its descriptors. */
export const TAKE_LEAST_RECORDS = 254;

/** Events of one name in a recording. */
export interface EventCount {
  readonly name: string;
  readonly count: number;
  /** False: they say nothing about buffers or processes, or are not known, and were passed over. */
  readonly understood: boolean;
}

const OTHER_EVENTS = 'other_events';
const OTHERS_NAMED = 8;

interface NativeDecoder {
  push(bytes: Uint8Array): void;
  finish(): void;
  pending(): number;
  take(out: Uint32Array): number;
  strings(from: number): { readonly bytes: Uint8Array; readonly lengths: Uint32Array };
  counters(): Float64Array;
  places(): Float64Array;
  events(): readonly EventCount[];
  close(): void;
}

/** The add-on's part that decodes. */
interface DecoderAddon {
  readonly Decoder: new (format: string) => NativeDecoder;
  looksLikeStrace(head: Uint8Array): boolean;
  looksLikeFtrace(head: Uint8Array): boolean;
  readonly decodeCounterInfo: readonly CounterInfo[];
}

const native = addon as unknown as DecoderAddon;

/** Everything that a decoder can lose, assume or not understand. */
export const DECODE_COUNTERS: readonly CounterInfo[] = native.decodeCounterInfo;

/** Whether a file that begins with these bytes (some KiB) is the output of strace. */
export function looksLikeStrace(head: Uint8Array): boolean {
  return native.looksLikeStrace(head);
}

/** Whether a file that begins with these bytes is ftrace text, plain or in a page of systrace or Chrome's JSON. */
export function looksLikeFtrace(head: Uint8Array): boolean {
  return native.looksLikeFtrace(head);
}

/**
 * Bytes of a recording in, records (lib/core/record.ts) out, in order of effect. Every method throws once it is closed;
 * close() again is fine.
 *
 * @example
 * const decoder = new Decoder('strace');
 * decoder.push(bytes); // cut anywhere
 * decoder.finish();
 * for (let n = decoder.take(words); n > 0; n = decoder.take(words)) use(words, n);
 */
export class Decoder {
  readonly #native: NativeDecoder;

  /** @throws TypeError for a format that is not known. */
  constructor(format: DecoderFormat) {
    this.#native = new native.Decoder(format);
  }

  /** More bytes; they are not kept. @throws Error after finish(). */
  push(bytes: Uint8Array): void {
    this.#native.push(bytes);
  }

  /** The recording ends here: a last line without its end counts, and what waited for more is settled. */
  finish(): void {
    this.#native.finish();
  }

  /** Records that `take` would give. */
  pending(): number {
    return this.#native.pending();
  }

  /**
   * Moves records to the front of `out`, 8 words each, and returns how many; 0 when there are none. A group (a record and its
   * tails) is never split. @throws RangeError if `out` holds fewer than TAKE_LEAST_RECORDS.
   */
  take(out: Uint32Array): number {
    return this.#native.take(out);
  }

  /** Strings that records refer to, from number `from` on; number 0 is the empty one that no record means. */
  strings(from: number): readonly string[] {
    const { bytes, lengths } = this.#native.strings(from);
    let at = 0;
    return Array.from(lengths, (length) => decodeText(bytes.subarray(at, (at += length))));
  }

  /** What was counted so far, in the order of DECODE_COUNTERS, without zeros. */
  counters(): readonly Count[] {
    const values = this.#native.counters();
    const places = this.#native.places();
    return DECODE_COUNTERS.flatMap((info, i) => {
      const count = values[i] ?? 0;
      if (count === 0) return [];
      const place = places[i] ?? NaN;
      let { meaning } = info;
      if (!Number.isNaN(place)) meaning += ` The first is at byte ${place}.`;
      if (info.name === OTHER_EVENTS) meaning += ` ${this.#others()}`;
      return [{ ...info, meaning, count }];
    });
  }

  /** `sched_switch 1200, irq_handler_entry 81.` */
  #others(): string {
    const others = this.events().filter(({ understood }) => !understood);
    others.sort((a, b) => b.count - a.count);
    const named = others.slice(0, OTHERS_NAMED).map(({ name, count }) => `${name} ${count}`);
    const more = others.length - named.length;
    return `${named.join(', ')}${more > 0 ? ` and ${more} more kinds` : ''}.`;
  }

  /** What kinds of events the recording has so far, as its text names them; none where the format has no such names. */
  events(): readonly EventCount[] {
    return this.#native.events();
  }

  close(): void {
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
