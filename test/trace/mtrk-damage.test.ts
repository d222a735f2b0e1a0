import { beforeAll, describe, expect, test } from 'vitest';
import { crc32 } from 'node:zlib';
import { TraceError } from '../../lib/trace/trace-error.ts';
import { type Content, readMtrk, scratch, writeExample } from './mtrk-sample.ts';

const at = scratch();
const HEADER = 56;
let file: Uint8Array;
let whole: Content;

beforeAll(async () => {
  file = await writeExample(at('example.mtrk'));
  whole = await readMtrk(file);
});

/** What was read of a damaged file, or the message that refuses it. Anything else is a failure. */
async function attempt(bytes: Uint8Array): Promise<Content | string> {
  try {
    return await readMtrk(bytes, 100);
  } catch (error) {
    if (error instanceof TraceError) return error.message;
    throw error;
  }
}

function isBeginningOf(part: Content, all: Content): boolean {
  const strings = part.strings.every((text, i) => text === all.strings[i]);
  return strings && part.words.every((word, i) => word === all.words[i]);
}

/** A chunk with a right checksum. */
function chunk(type: string, flags: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.from(type), Buffer.alloc(12), payload]);
  bytes.writeUInt32LE(flags, 4);
  bytes.writeUInt32LE(payload.length, 8);
  bytes.writeUInt32LE(crc32(payload, crc32(bytes.subarray(0, 12))), 12);
  return bytes;
}

/** The example with `extra` between its header and its first chunk. */
function withChunk(extra: Uint8Array): Buffer {
  return Buffer.concat([file.subarray(0, HEADER), extra, file.subarray(HEADER)]);
}

/** The example with its header changed and its header's checksum made right again. */
function withHeader(change: (header: Buffer) => void): Buffer {
  const bytes = Buffer.from(file);
  change(bytes);
  bytes.writeUInt32LE(0, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER)), 16);
  return bytes;
}

test('cut off at any byte, the file is read up to its last whole chunk and the rest is counted', async () => {
  for (let length = 0; length < file.length; length++) {
    const found = await attempt(file.subarray(0, length));
    if (length < HEADER) {
      expect(found).toBe(
        'sample.mtrk: byte 0: ends inside its header; ' +
          'it is from a newer memtrack, or damaged: update memtrack, or convert the recording again',
      );
      continue;
    }
    const { losses, ...content } = found as Content;
    expect(losses['mtrk_no_end']).toBe(1);
    expect(isBeginningOf({ losses, ...content }, whole)).toBe(true);
    const used = [HEADER, 0x60, 0x110, 0x178].filter((end) => end <= length).at(-1)!;
    expect(losses['mtrk_torn_bytes'] ?? 0).toBe(length - used);
    expect(content.words.length).toBe(used >= 0x110 ? 40 : 0);
  }
});

test('a flipped bit anywhere is refused or counted, and never read as something else', async () => {
  for (let bit = 0; bit < file.length * 8; bit++) {
    const damaged = Uint8Array.from(file);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    const found = await attempt(damaged);
    if (typeof found === 'string') continue;
    expect(bit >> 3).toBeGreaterThanOrEqual(HEADER);
    expect(Object.keys(found.losses)).toContain('mtrk_no_end');
    expect(isBeginningOf(found, whole)).toBe(true);
  }
});

describe('the header is refused', () => {
  test('when it is of a future version, before anything else in it is believed', async () => {
    const future = Uint8Array.from(file);
    future[8] = 2;
    expect(await attempt(future)).toMatch(
      /^sample\.mtrk: byte 0: has \.mtrk version 2; this memtrack reads version 1; .*update memtrack/,
    );
  });

  test.each<[string, (header: Buffer) => unknown]>([
    ['flag', (header) => header.writeUInt16LE(3, 10)],
    ['mode', (header) => header.writeUInt32LE(2, 20)],
  ])('when it has a %s that is not known', async (_what, change) => {
    expect(await attempt(withHeader(change))).toContain('options that this memtrack does not know');
  });

  test.each<[string, (header: Buffer) => unknown]>([
    ['is too long', (header) => header.writeUInt32LE(5000, 12)],
    ['is too short', (header) => header.writeUInt32LE(24, 12)],
    ['has a name longer than itself', (header) => header.writeUInt16LE(9999, 32)],
  ])('when it %s', async (_how, change) => {
    expect(await attempt(withHeader(change))).toContain('has a damaged header');
  });

  test('when the file went through a transfer as text', async () => {
    const text = Buffer.concat([file.subarray(0, 5), Buffer.from('\n'), file.subarray(7)]);
    expect(await attempt(text)).toContain('has no .mtrk header');
  });
});

describe('a chunk of an unknown type', () => {
  const payload = Buffer.alloc(24, 7);

  test('is passed over and counted when it is optional', async () => {
    const found = (await attempt(withChunk(chunk('DIRS', 1, payload)))) as Content;
    expect(found.words).toEqual(whole.words);
    // The totals were written without it.
    expect(found.losses).toEqual({ mtrk_chunks_skipped: 1, mtrk_totals_differ: 1 });
  });

  test.each([
    ['the type', 'COLS', 0],
    ['a flag', 'RECS', 2],
    ['a flag besides optional', 'DIRS', 3],
  ])('makes the file unreadable when %s must be known', async (_what, type, flags) => {
    expect(await attempt(withChunk(chunk(type, flags, payload)))).toMatch(
      new RegExp(`^sample\\.mtrk: byte 56: has a chunk "${type}" of a (kind|flags) that must be known`),
    );
  });
});

test.each<[string, string, Buffer]>([
  ['half a record', 'RECS', Buffer.alloc(48)],
  ['no record', 'RECS', Buffer.alloc(0)],
  ['a record without its tail', 'RECS', Buffer.concat([Buffer.alloc(31), Buffer.of(0x80)])],
  ['strings with a gap', 'STRS', Buffer.of(9, 0, 0, 0, 0, 0, 0, 0)],
  ['a string longer than the chunk', 'STRS', Buffer.of(1, 0, 0, 0, 1, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0)],
  ['fewer strings than it says', 'STRS', Buffer.of(1, 0, 0, 0, 3, 0, 0, 0)],
  ['fewer counters than it says', 'LOSS', Buffer.of(3, 0, 0, 0, 0, 0, 0, 0)],
  [
    'a counter of no severity',
    'LOSS',
    Buffer.concat([Buffer.of(1, 0, 0, 0), Buffer.alloc(12), Buffer.of(9, 0, 0, 0), Buffer.alloc(4)]),
  ],
  ['totals of another size', 'ENDS', Buffer.alloc(8)],
])('a chunk of %s counts as damaged', async (_what, type, payload) => {
  const found = (await attempt(withChunk(chunk(type, 0, payload)))) as Content;
  expect(found.words).toHaveLength(0);
  expect(found.losses).toEqual({ mtrk_no_end: 1, mtrk_torn_bytes: 16 + payload.length + file.length - HEADER });
});

test('a chunk of an impossible length counts as damaged', async () => {
  const header = Buffer.alloc(16);
  header.write('RECS');
  header.writeUInt32LE(0xfffffff8, 8);
  expect(((await attempt(withChunk(header))) as Content).losses).toEqual({
    mtrk_no_end: 1,
    mtrk_torn_bytes: 16 + file.length - HEADER,
  });
});

test('bytes after the end are counted', async () => {
  const found = (await attempt(Buffer.concat([file, Buffer.alloc(5)]))) as Content;
  expect(found.words).toEqual(whole.words);
  expect(found.losses).toEqual({ mtrk_bytes_after_end: 5 });
});
