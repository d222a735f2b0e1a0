import { crc32 } from 'node:zlib';
import { decodeText, encodeText } from '../core/text.ts';
import { RECORD_BYTES } from '../core/record.ts';
import type { TraceMode } from './trace-reader.ts';

/** The layout of `.mtrk` files, version 1; docs/mtrk.md is the text to it. Little-endian throughout. */
export const MTRK_VERSION = 1;

/** Not text, and changed by every transfer that takes it for text. */
export const MTRK_MAGIC = Uint8Array.of(0x89, 0x4d, 0x54, 0x52, 0x4b, 0x0d, 0x0a, 0x1a);

/** Bit of the header's flags: records have times. */
const HAS_CLOCK = 1;
/** Bit of a chunk's flags: a reader that does not know the type may pass over it. */
export const OPTIONAL = 1;

export const HEADER_FIXED_BYTES = 32;
export const HEADER_MOST_BYTES = 4096;
export const CHUNK_HEADER_BYTES = 16;
export const CHUNK_MOST_BYTES = 4 << 20;
export const BATCH_MOST_RECORDS = 65_536;
/** A chunk is written when it has this many: no more is lost where the file is cut off. */
export const BATCH_RECORDS = 4096;
export const BATCH_MOST_BYTES = BATCH_MOST_RECORDS * RECORD_BYTES;

/** Four ASCII letters, as they stand in the file. `DIRS` and `COLS` are reserved: nothing writes them yet. */
export type ChunkType = 'RECS' | 'STRS' | 'LOSS' | 'ENDS';

const MODES: readonly TraceMode[] = ['references', 'allocator'];

/** What the header says about the recording. */
export interface MtrkFacts {
  readonly mode: TraceMode;
  readonly clock: string | null;
  readonly start: bigint | null;
  /** The format it was recorded in. */
  readonly origin: string;
}

/** Rounds up to the 8 bytes that everything in the file is aligned to. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws RangeError when the names do not fit into a header. */
export function encodeHeader({ mode, clock, start, origin }: MtrkFacts): Uint8Array {
  const names = [clock ?? '', origin].map(encodeText);
  const length = aligned(HEADER_FIXED_BYTES + names.reduce((sum, name) => sum + 2 + name.length, 0));
  if (length > HEADER_MOST_BYTES) throw new RangeError('the names of clock and origin are too long for a header');
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  bytes.set(MTRK_MAGIC);
  view.setUint16(8, MTRK_VERSION, true);
  view.setUint16(10, clock === null ? 0 : HAS_CLOCK, true);
  view.setUint32(12, length, true);
  view.setUint32(20, MODES.indexOf(mode), true);
  view.setBigUint64(24, start ?? 0n, true);
  let at = HEADER_FIXED_BYTES;
  for (const name of names) {
    view.setUint16(at, name.length, true);
    bytes.set(name, at + 2);
    at += 2 + name.length;
  }
  view.setUint32(16, crc32(bytes), true);
  return bytes;
}

/** The header's length as its fixed part gives it, or what is wrong with the fixed part. */
export function headerLength(fixed: Uint8Array): number | string {
  if (fixed.length < HEADER_FIXED_BYTES) return 'ends inside its header';
  if (MTRK_MAGIC.some((byte, at) => fixed[at] !== byte)) return 'has no .mtrk header';
  const view = viewOf(fixed);
  const version = view.getUint16(8, true);
  if (version !== MTRK_VERSION) return `has .mtrk version ${version}; this memtrack reads version ${MTRK_VERSION}`;
  const length = view.getUint32(12, true);
  const plausible = length >= HEADER_FIXED_BYTES && length <= HEADER_MOST_BYTES && length % 8 === 0;
  return plausible ? length : 'has a damaged header';
}

/** The facts in a whole header, or what is wrong with it. */
export function decodeHeader(header: Uint8Array): MtrkFacts | string {
  const bytes = Uint8Array.from(header);
  const view = viewOf(bytes);
  const checksum = view.getUint32(16, true);
  view.setUint32(16, 0, true);
  if (crc32(bytes) !== checksum) return 'has a damaged header';
  const flags = view.getUint16(10, true);
  const mode = MODES[view.getUint32(20, true)];
  if (mode === undefined || (flags & ~HAS_CLOCK) !== 0)
    return 'was written with options that this memtrack does not know';
  const names: string[] = [];
  let at = HEADER_FIXED_BYTES;
  for (let i = 0; i < 2; i++) {
    const length = at + 2 <= bytes.length ? view.getUint16(at, true) : Infinity;
    if (at + 2 + length > bytes.length) return 'has a damaged header';
    names.push(decodeText(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  const [clock = '', origin = ''] = names;
  if ((flags & HAS_CLOCK) === 0) return { mode, clock: null, start: null, origin };
  return { mode, clock, start: view.getBigUint64(24, true), origin };
}

export interface ChunkHeader {
  readonly type: string;
  readonly optional: boolean;
  /** Flags that this version does not know are set. */
  readonly foreign: boolean;
  /** Bytes of payload, a multiple of 8. */
  readonly length: number;
  readonly checksum: number;
}

/**
 * Fills the first 16 bytes of `chunk`; the payload behind them is already there.
 *
 * @throws RangeError when the payload is longer than a reader accepts.
 */
export function sealChunk(chunk: Uint8Array, type: ChunkType): void {
  if (chunk.length > CHUNK_HEADER_BYTES + CHUNK_MOST_BYTES) throw new RangeError(`a ${type} chunk is too long`);
  const view = viewOf(chunk);
  for (let i = 0; i < 4; i++) view.setUint8(i, type.charCodeAt(i));
  view.setUint32(4, 0, true);
  view.setUint32(8, chunk.length - CHUNK_HEADER_BYTES, true);
  view.setUint32(12, chunkChecksum(chunk, chunk.subarray(CHUNK_HEADER_BYTES)), true);
}

/** Over type, flags and length as well as the payload: a flipped bit in any of them is seen. */
export function chunkChecksum(header: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(header.subarray(0, 12)));
}

export function decodeChunkHeader(header: Uint8Array): ChunkHeader {
  const view = viewOf(header);
  const flags = view.getUint32(4, true);
  return {
    type: Buffer.from(header.subarray(0, 4)).toString('latin1'),
    optional: (flags & OPTIONAL) !== 0,
    foreign: (flags & ~OPTIONAL) !== 0,
    length: view.getUint32(8, true),
    checksum: view.getUint32(12, true),
  };
}
