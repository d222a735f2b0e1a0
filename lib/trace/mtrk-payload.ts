import { decodeText, encodeText } from '../core/text.ts';
import { aligned, CHUNK_HEADER_BYTES } from './mtrk-format.ts';
import type { TraceCounter } from './trace-reader.ts';

/** The payloads of `.mtrk` chunks other than records. Encoders leave room for the chunk header in front. */

const SEVERITIES: readonly TraceCounter['severity'][] = ['info', 'error', 'data-loss'];
const STRINGS_FIXED_BYTES = 8;
const COUNTERS_FIXED_BYTES = 8;
const COUNTER_FIXED_BYTES = 16;
const TOTALS_BYTES = 24;

export interface MtrkTotals {
  readonly records: number;
  /** One more than the highest number of a string. */
  readonly strings: number;
  /** Chunks before the closing one. */
  readonly chunks: number;
}

class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  putU32(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  putU64(value: number): void {
    this.view.setBigUint64(this.at, BigInt(value), true);
    this.at += 8;
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  u64(): number {
    this.at += 8;
    return Number(this.view.getBigUint64(this.at - 8, true));
  }

  text(length: number): string {
    this.at += length;
    return decodeText(this.bytes.subarray(this.at - length, this.at));
  }
}

function roomFor(bytes: number): Cursor {
  return new Cursor(new Uint8Array(CHUNK_HEADER_BYTES + aligned(bytes)), CHUNK_HEADER_BYTES);
}

/** Bytes that one more string adds to a chunk. */
export function stringBytes(encoded: Uint8Array): number {
  return 4 + encoded.length;
}

export function encodeStrings(first: number, strings: readonly Uint8Array[]): Uint8Array {
  const out = roomFor(strings.reduce((sum, text) => sum + stringBytes(text), STRINGS_FIXED_BYTES));
  out.putU32(first);
  out.putU32(strings.length);
  for (const text of strings) {
    out.putU32(text.length);
    out.put(text);
  }
  return out.bytes;
}

/** null: not what a writer of this version writes. */
export function decodeStrings(
  payload: Uint8Array,
): { readonly first: number; readonly strings: readonly string[] } | null {
  if (payload.length < STRINGS_FIXED_BYTES) return null;
  const input = new Cursor(payload, 0);
  const first = input.u32();
  const strings: string[] = [];
  for (let left = input.u32(); left > 0; left--) {
    if (input.left < 4) return null;
    const length = input.u32();
    if (input.left < length) return null;
    strings.push(input.text(length));
  }
  return { first, strings };
}

export function encodeCounters(counters: readonly TraceCounter[]): Uint8Array {
  const texts = counters.map(({ name, meaning }) => [encodeText(name), encodeText(meaning)] as const);
  const bytes = texts.reduce((sum, [name, meaning]) => sum + COUNTER_FIXED_BYTES + name.length + meaning.length, 0);
  const out = roomFor(COUNTERS_FIXED_BYTES + bytes);
  out.putU32(counters.length);
  out.putU32(0);
  counters.forEach(({ count, severity }, i) => {
    const [name, meaning] = texts[i]!;
    out.putU64(count);
    out.putU32(SEVERITIES.indexOf(severity));
    out.view.setUint16(out.at, name.length, true);
    out.view.setUint16(out.at + 2, meaning.length, true);
    out.at += 4;
    out.put(name);
    out.put(meaning);
  });
  return out.bytes;
}

/** null: not what a writer of this version writes. */
export function decodeCounters(payload: Uint8Array): readonly TraceCounter[] | null {
  if (payload.length < COUNTERS_FIXED_BYTES) return null;
  const input = new Cursor(payload, 0);
  const counters: TraceCounter[] = [];
  let left = input.u32();
  for (input.at = COUNTERS_FIXED_BYTES; left > 0; left--) {
    if (input.left < COUNTER_FIXED_BYTES) return null;
    const count = input.u64();
    const severity = SEVERITIES[input.u32()];
    const lengths = input.u32();
    const [name, meaning] = [lengths & 0xffff, lengths >>> 16];
    if (severity === undefined || input.left < name + meaning) return null;
    counters.push({ name: input.text(name), severity, count, meaning: input.text(meaning) });
  }
  return counters;
}

export function encodeTotals({ records, strings, chunks }: MtrkTotals): Uint8Array {
  const out = roomFor(TOTALS_BYTES);
  for (const total of [records, strings, chunks]) out.putU64(total);
  return out.bytes;
}

/** null: not what a writer of this version writes. */
export function decodeTotals(payload: Uint8Array): MtrkTotals | null {
  if (payload.length !== TOTALS_BYTES) return null;
  const input = new Cursor(payload, 0);
  return { records: input.u64(), strings: input.u64(), chunks: input.u64() };
}
