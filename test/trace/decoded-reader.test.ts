import { expect, test } from 'vitest';
import type { Count } from '../../lib/core/counters.ts';
import { DECODE_COUNTERS } from '../../lib/core/decoder.ts';
import { FLAG, OP, RECORD_WORDS, RecordWriter } from '../../lib/core/record.ts';
import { ByteReader } from '../../lib/trace/byte-reader.ts';
import { DecodedReader, type RecordDecoder } from '../../lib/trace/decoded-reader.ts';
import { gather, inChunks } from './mtrk-sample.ts';

const START = 1_700_000_000_000_000_000n;

/** Makes of every byte b a close of fd b, named after it; hands them out `most` at a time. */
class ByteDecoder implements RecordDecoder {
  readonly #records = new RecordWriter();
  readonly #strings: string[] = [];
  readonly #most: number;
  readonly #times: readonly bigint[];
  #taken = 0;
  finished = 0;
  closed = false;

  constructor(most: number, times: readonly bigint[] = []) {
    this.#most = most;
    this.#times = times;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.#add(byte);
  }

  finish(): void {
    this.finished++;
    this.#add(255);
  }

  take(out: Uint32Array): number {
    const count = Math.min(this.#records.count - this.#taken, this.#most);
    out.set(this.#records.words.subarray(this.#taken * RECORD_WORDS, (this.#taken + count) * RECORD_WORDS));
    this.#taken += count;
    return count;
  }

  strings(from: number): readonly string[] {
    return this.#strings.slice(from - 1);
  }

  counters(): readonly Count[] {
    if (this.closed) throw new Error('closed');
    return [{ name: 'unparsed_line', severity: 'error', meaning: '', count: this.#taken }];
  }

  close(): void {
    this.closed = true;
  }

  #add(byte: number): void {
    const time = this.#times[this.#records.count] ?? 0n;
    this.#records.put(OP.close, 1, byte, this.#strings.push(`fd ${byte}`), 0, 0, time);
  }
}

async function open(decoder: RecordDecoder, bytes = Uint8Array.of(3, 4, 5, 6, 7)): Promise<DecodedReader> {
  return DecodedReader.open('strace', new ByteReader(inChunks(bytes, 2)), decoder);
}

/** The descriptors closed, in order. */
function fds(words: Uint32Array): number[] {
  return Array.from({ length: words.length / RECORD_WORDS }, (_, i) => words[i * RECORD_WORDS + 5]!);
}

test('everything that a decoder makes comes out once, in order, with what the end adds', async () => {
  for (const most of [1, 2, 3, 100]) {
    const decoder = new ByteDecoder(most);
    const reader = await open(decoder);
    expect(fds(await gather(reader))).toEqual([3, 4, 5, 6, 7, 255]);
    expect(decoder.finished).toBe(1);
    expect(reader.strings.length).toBe(7);
    expect(reader.strings.get(6)).toBe('fd 255');
  }
});

test("counters keep the decoder's order, zeros and all, and outlive it", async () => {
  const decoder = new ByteDecoder(100);
  const reader = await open(decoder);
  await gather(reader);
  const expected = DECODE_COUNTERS.map(({ name }) => [name, name === 'unparsed_line' ? 6 : 0]);
  expect(reader.counters().map(({ name, count }) => [name, count])).toEqual(expected);
  reader.close();
  reader.close();
  expect(decoder.closed).toBe(true);
  expect(reader.counters().map(({ name, count }) => [name, count])).toEqual(expected);
});

test('the strings of a batch are there with it', async () => {
  const reader = await open(new ByteDecoder(1));
  for await (const { words } of reader) expect(reader.strings.get(words[6]!)).toBe(`fd ${words[5]!}`);
});

test('a recording without records has neither clock nor start', async () => {
  const reader = await open({
    push: () => undefined,
    finish: () => undefined,
    take: () => 0,
    strings: () => [],
    counters: () => [],
    close: () => undefined,
  });
  expect(reader.facts).toEqual({ format: 'strace', origin: 'strace', mode: 'references', clock: null, start: null });
  expect(await gather(reader)).toHaveLength(0);
});

test.each<[string, readonly bigint[], string | null, bigint | null]>([
  ['no times', [], null, null],
  ['times since 1970', [START, START + 5n], 'realtime', START],
  ['times of the day', [36_000_000_000_000n, 36_000_000_000_001n], 'unnamed', 36_000_000_000_000n],
  ['times from zero', [0n, 12_000n], 'unnamed', 0n],
])('the clock of a recording with %s', async (_what, times, clock, start) => {
  const { facts } = await open(new ByteDecoder(2, times));
  expect([facts.clock, facts.start]).toEqual([clock, start]);
});

test('a tail has no time', async () => {
  const records = new RecordWriter();
  records.put(OP.mmap, 1, 3, 3, 4096, FLAG.more | FLAG.mapShared, START);
  records.tail(0, 0, 0, 0, 0);
  let left = records.count;
  const reader = await open({
    push: () => undefined,
    finish: () => undefined,
    take: (out) => {
      out.set(records.words.subarray(0, left * RECORD_WORDS));
      const count = left;
      left = 0;
      return count;
    },
    strings: () => [],
    counters: () => [],
    close: () => undefined,
  });
  expect(reader.facts.start).toBe(START);
});
