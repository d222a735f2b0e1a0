import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openTrace, type OpenOptions } from '../../lib/trace/open.ts';
import { TraceError } from '../../lib/trace/trace-error.ts';
import { exampleRecords, gather, scratch, writeExample } from './mtrk-sample.ts';

const at = scratch();
let example: Uint8Array;
const records = exampleRecords();
const words = records.words.slice(0, records.count * 8);

beforeAll(async () => {
  example = await writeExample(at('example.mtrk'));
});

afterEach(() => vi.restoreAllMocks());

/** The example as `zstd -19 --check` compressed it. */
const ZSTD_EXAMPLE = Buffer.from(
  'KLUv/QRoxQcAZtAyKnDPOamqDqq64wlHjMWFR30oIiLymkAjGb8ZwDpNMoCOPWYNygvoV0ApUyoAIAAkABv+S1JT/j/aMVm3HYCKUjdkouyBAqtF' +
    'YyBSrv/VizD+49sbKPgqpOaiCv/2vz3+/+3/ubPhaA+/67+MTMhRkcl6fu/f/g0mM20+5qq+i3/c22q2gPyb/7LMWL5W+zT4R21j/k4Bov7Lf3iC' +
    '9NuU/3/nxSQeRYKZ/C+e6LqmoBYthe67uu8oDN2RGqKsGbrmxw1bC6qmIc6JtmwQAGt0bWgVSwcgL3SodmAnxghgaHBfBd8Esg0V8wrz9mDCTFg2' +
    'TFYbgBmwUny8',
  'base64',
);

/** One zstd frame of one stored block (RFC 8878, 3.1.1): no compressor needed. */
function zstdFrame(content: Uint8Array): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x60, 0, 0]);
  header.writeUInt16LE(content.length - 256, 5);
  const size = (content.length << 3) | 1;
  return Buffer.concat([header, Buffer.of(size & 0xff, (size >> 8) & 0xff, size >> 16), content]);
}

const SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

interface Opened {
  readonly words: Uint32Array;
  readonly losses: Readonly<Record<string, number>>;
}

async function openBytes(bytes: Uint8Array, options: OpenOptions = {}): Promise<Opened> {
  const file = at('input');
  writeFileSync(file, bytes);
  const trace = await openTrace(file, options);
  const found = await gather(trace);
  const lost = trace.counters().filter(({ name }) => /^(?:gzip|zstd|mtrk)_/.test(name));
  return { words: found, losses: Object.fromEntries(lost.map(({ name, count }) => [name, count])) };
}

/** What came out, or the message that refuses it; any other error is a failure. */
async function attempt(bytes: Uint8Array): Promise<Opened | string> {
  try {
    return await openBytes(bytes);
  } catch (error) {
    if (error instanceof TraceError) return error.message;
    throw error;
  }
}

describe('a recording is opened by what it holds', () => {
  test('plain, with its facts, names and counters', async () => {
    const trace = await openTrace(at('example.mtrk'));
    expect(trace.facts).toEqual({
      format: 'mtrk',
      origin: 'strace',
      mode: 'references',
      clock: 'realtime',
      start: 1_700_000_000_000_100_000n,
    });
    expect(await gather(trace)).toEqual(words);
    expect(trace.strings.get(1)).toBe('frame');
    expect([trace.strings.get(0), trace.strings.get(2)]).toEqual([null, null]);
    expect(trace.counters()).toMatchObject([{ name: 'unparsed_line', count: 2 }]);
    expect(trace.progress()).toEqual({ read: example.length, total: example.length });
  });

  test.each<[string, () => Uint8Array]>([
    ['gzip', () => gzipSync(example)],
    ['gzip of two members', () => Buffer.concat([gzipSync(example.subarray(0, 99)), gzipSync(example.subarray(99))])],
    ['gzip in gzip', () => gzipSync(gzipSync(example))],
    ['zstd', () => ZSTD_EXAMPLE],
    ['zstd of one stored block', () => zstdFrame(example)],
    ['zstd with a frame to skip', () => Buffer.concat([zstdFrame(example), SKIPPABLE])],
    ['zstd in gzip', () => gzipSync(zstdFrame(example))],
  ])('in %s', async (_how, wrap) => {
    expect(await openBytes(wrap())).toEqual({ words, losses: {} });
  });

  test('in zstd of two frames', async () => {
    const padded = Buffer.concat([example, Buffer.alloc(600)]);
    const two = Buffer.concat([zstdFrame(padded.subarray(0, 300)), zstdFrame(padded.subarray(300))]);
    expect(await openBytes(two)).toEqual({ words, losses: { mtrk_bytes_after_end: 600 } });
  });

  test('large, in gzip of many members', async () => {
    const members = Array.from({ length: 40 }, () => gzipSync(Buffer.alloc(100_000)));
    const { losses } = await openBytes(Buffer.concat([gzipSync(example), ...members]));
    expect(losses).toEqual({ mtrk_bytes_after_end: 4_000_000 });
  });

  test('from standard input', async () => {
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([gzipSync(example)]) as never);
    const trace = await openTrace('-');
    expect(await gather(trace)).toEqual(words);
    expect(trace.progress().total).toBeNull();
  });

  test('and can be closed before its end, twice', async () => {
    const trace = await openTrace(at('example.mtrk'));
    for await (const batch of trace) {
      expect(batch.count).toBe(5);
      break;
    }
    await trace.close();
    await trace.close();
  });

  test('and is read once: a second time is an error, not an empty recording', async () => {
    const read = await openTrace(at('example.mtrk'));
    await gather(read);
    await expect(gather(read)).rejects.toThrow(/example\.mtrk: a TraceReader is read once.*open the recording again/);
    const closed = await openTrace(at('example.mtrk'));
    await closed.close();
    await expect(gather(closed)).rejects.toThrow(/read once/);
  });
});

describe('compressed data that is not whole', () => {
  test('gzip cut off is a counted loss or a clear refusal', async () => {
    const bytes = gzipSync(example);
    for (let length = 1; length < bytes.length; length += 3) {
      const found = await attempt(bytes.subarray(0, length));
      if (typeof found === 'string') expect(found).toMatch(/ends too early|ends inside its header|no trace|is empty/);
      else expect(found.losses['gzip_torn']).toBe(1);
    }
  });

  test('zstd cut off is a counted loss or a clear refusal', async () => {
    // The last four bytes are a checksum that the decoder does not need.
    for (let length = 1; length < ZSTD_EXAMPLE.length - 4; length += 3) {
      const found = await attempt(ZSTD_EXAMPLE.subarray(0, length));
      if (typeof found === 'string') expect(found).toMatch(/ends too early|no trace/);
      else expect(found.losses['zstd_torn']).toBe(1);
    }
  });

  test.each<[string, () => Uint8Array]>([
    ['gzip', () => gzipSync(example)],
    ['zstd', () => ZSTD_EXAMPLE],
  ])('%s with a flipped bit never crashes, and never reads as something else unnoticed', async (_how, wrap) => {
    const bytes = wrap();
    for (let bit = 0; bit < bytes.length * 8; bit += 23) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const found = await attempt(damaged);
      if (typeof found === 'string' || Object.keys(found.losses).length > 0) continue;
      expect(found.words).toEqual(words);
    }
  });

  test('what was decoded before the damage is used', async () => {
    const filler = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3));
    const bytes = Buffer.concat([gzipSync(example), gzipSync(filler)]);
    bytes[bytes.length >> 1]! ^= 0xff;
    const { words: found, losses } = await openBytes(bytes);
    expect(found).toEqual(words);
    expect(losses['gzip_damaged']).toBe(1);
  });

  test('bytes behind gzip data are counted', async () => {
    expect(await openBytes(Buffer.concat([gzipSync(example), Buffer.alloc(100)]))).toEqual({
      words,
      losses: { gzip_trailing_bytes: 100 },
    });
    const { losses } = await openBytes(Buffer.concat([gzipSync(example), Buffer.alloc(100, 'x')]));
    expect(losses['gzip_damaged']).toBe(1);
  });

  test('a bomb of wrappings is refused', async () => {
    let bytes: Uint8Array = example;
    for (let i = 0; i < 6; i++) bytes = gzipSync(bytes);
    expect(await attempt(bytes)).toContain('compressed more than 4 times over');
  });
});

describe('what is no recording is refused in one line', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', Buffer.alloc(0), /^.*input: byte 0: is empty; record it again$/],
    ['gzip of nothing', gzipSync(''), /is empty/],
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      /looked for \.mtrk, strace and ftrace, plain or in gzip or zstd; it begins 89 50 4e 47 0d 0a 1a 0a 00 00 00 0d 49 48 44 52 "\.PNG\.\.\.\.\.\.\.\.IHDR"; record with "strace/,
    ],
    ['zlib without gzip', deflateSync('hello'), /it begins 78 9c/],
    ['a program', Buffer.from('int main(void) {\n  return puts("x");\n}\n'), /is no trace/],
    ['prose', Buffer.from('Dear reader,\nthis is text.\n'), /is no trace/],
  ])('%s', async (_what, bytes, message) => {
    const found = await attempt(bytes);
    expect(found).toMatch(message);
    expect(found).not.toMatch(/\n/);
  });

  test('a file that is not there', async () => {
    await expect(openTrace(at('none'))).rejects.toThrow(/none: there is no such file$/);
  });

  test('a directory', async () => {
    mkdirSync(at('directory'));
    await expect(openTrace(at('directory'))).rejects.toThrow(/directory: is a directory, not a trace$/);
  });

  test('a name with control characters', async () => {
    await expect(openTrace(at('\x1b[31m'))).rejects.toThrow(/\\x1b\[31m: there is no such file$/);
  });

  test('another format than the one asked for', async () => {
    await expect(openBytes(Buffer.from('1 close(3) = 0\n'), { format: 'mtrk' })).rejects.toThrow(
      'is no .mtrk but strace; leave --format out',
    );
  });
});

describe('an abort', () => {
  test('before the beginning', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(openTrace(at('example.mtrk'), { signal })).rejects.toThrow('enough');
  });

  test('while nothing comes', async () => {
    const controller = new AbortController();
    const silent = new Readable({ read: () => undefined });
    silent.push(readFileSync(at('example.mtrk')).subarray(0, 0x60));
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(silent as never);
    setTimeout(() => controller.abort(new Error('enough')), 10);
    await expect(openTrace('-', { signal: controller.signal })).rejects.toThrow('enough');
    expect(silent.destroyed).toBe(true);
  });

  test('between two batches', async () => {
    const controller = new AbortController();
    const trace = await openTrace(at('example.mtrk'), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(gather(trace)).rejects.toThrow('enough');
  });
});
