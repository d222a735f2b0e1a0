import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FLAG, RecordWriter } from '../../lib/core/record.ts';
import { ByteReader } from '../../lib/trace/byte-reader.ts';
import { Losses } from '../../lib/trace/losses.ts';
import { MtrkReader } from '../../lib/trace/mtrk-reader.ts';
import { MtrkWriter } from '../../lib/trace/mtrk-writer.ts';
import type { MtrkFacts } from '../../lib/trace/mtrk-format.ts';
import { Random, seeds } from '../random.ts';
import { COUNTERS, readMtrk, scratch } from './mtrk-sample.ts';

const FACTS: MtrkFacts = { mode: 'references', clock: 'realtime', start: 7n, origin: 'strace' };
const at = scratch();

/** Appends `count` records or a few more: single ones, and groups of up to `longest` tails. */
function randomRecords(random: Random, count: number, longest: number): RecordWriter {
  const records = new RecordWriter();
  while (records.count < count) {
    const tails = random.chance(0.3) ? random.below(longest) + 1 : 0;
    const flags = random.below(8) | (tails > 0 ? FLAG.more : 0);
    records.put(
      random.below(93) + 1,
      random.next(),
      random.next(),
      random.next(),
      random.next() * 1024,
      flags,
      BigInt(random.next()) << 20n,
    );
    for (let i = 1; i <= tails; i++) {
      records.tail(
        random.next() * 1024,
        random.next(),
        random.next(),
        random.next(),
        random.next(),
        i < tails ? FLAG.more : 0,
      );
    }
  }
  return records;
}

/** Cuts between groups only. */
function cut(random: Random, words: Uint32Array, from: number, count: number): number {
  let to = Math.min(count, from + 1 + random.below(20_000));
  while (to < count && ((words[to * 8 - 1]! >>> 16) & FLAG.more) !== 0) to++;
  return to;
}

describe('what a writer wrote a reader reads', () => {
  test.each(seeds())('records, strings and counters (seed %i)', async (seed) => {
    const random = new Random(seed);
    const { words, count } = randomRecords(random, 150_000, 40);
    const strings: string[] = [];
    const file = at(`random-${seed}.mtrk`);
    const writer = await MtrkWriter.create(file, FACTS);
    for (let from = 0; from < count;) {
      for (let i = random.below(50); i > 0; i--) {
        const text = random.chance(0.1) ? '\udcff\u0000é\n' : `/dev/shm/${random.next()}`;
        expect(writer.string(text)).toBe(strings.push(text));
      }
      const to = cut(random, words, from, count);
      await writer.write(words.subarray(from * 8), to - from);
      from = to;
    }
    await writer.counters([]);
    await writer.counters(COUNTERS);
    expect(await writer.close()).toMatchObject({ records: count, strings: strings.length + 1 });
    const found = await readMtrk(readFileSync(file), 1 + random.below(100_000));
    expect(Buffer.from(found.words.buffer).equals(Buffer.from(words.buffer, 0, count * 32))).toBe(true);
    expect(found.strings).toEqual(strings);
    expect(found.counters).toEqual(COUNTERS);
    expect(found.losses).toEqual({});
  });

  test('no records at all', async () => {
    const writer = await MtrkWriter.create(at('empty.mtrk'), { ...FACTS, clock: null, start: null });
    await writer.close();
    expect(await readMtrk(readFileSync(at('empty.mtrk')))).toMatchObject({ strings: [], counters: [], losses: {} });
  });

  test('more strings than fit into one chunk', async () => {
    const writer = await MtrkWriter.create(at('strings.mtrk'), FACTS);
    const strings = Array.from({ length: 90 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(100_000 + i));
    for (const text of strings) writer.string(text);
    await writer.close();
    expect((await readMtrk(readFileSync(at('strings.mtrk')))).strings).toEqual(strings);
  });

  test('a tear loses at most the last 4096 records', async () => {
    const records = new RecordWriter();
    for (let i = 0; i < 10_000; i++) records.put(1, 1, 0, i + 1, i + 1, 0);
    const writer = await MtrkWriter.create(at('torn.mtrk'), FACTS);
    await writer.write(records.words, records.count);
    await writer.close();
    const file = readFileSync(at('torn.mtrk'));
    const { words, losses } = await readMtrk(file.subarray(0, file.length - 41));
    expect(words.length / 8).toBe(8192);
    expect(losses['mtrk_no_end']).toBe(1);
  });

  test('a group as long as a chunk, after a record', async () => {
    const records = new RecordWriter();
    records.put(1, 1, 0, 1, 0, 0);
    records.put(84, 1, 0, 0, 65_535, FLAG.more);
    for (let i = 1; i <= 65_535; i++) records.tail(0, 0, i, 0, 0, i < 65_535 ? FLAG.more : 0);
    const writer = await MtrkWriter.create(at('group.mtrk'), FACTS);
    await writer.write(records.words, records.count);
    await writer.close();
    const { words, losses } = await readMtrk(readFileSync(at('group.mtrk')));
    expect(words.length / 8).toBe(65_537);
    expect(losses).toEqual({});
  });
});

describe('a writer refuses', () => {
  test('a batch that splits a group', async () => {
    await using writer = await MtrkWriter.create(at('refused.mtrk'), FACTS);
    const records = new RecordWriter();
    records.put(78, 1, 5, 3, 8192, FLAG.more);
    await expect(writer.write(records.words, 1)).rejects.toThrow('wants a tail');
  });

  test('a group longer than a chunk', async () => {
    await using writer = await MtrkWriter.create(at('refused.mtrk'), FACTS);
    const records = new RecordWriter();
    records.put(84, 1, 0, 0, 65_536, FLAG.more);
    for (let i = 1; i <= 65_536; i++) records.tail(0, 0, i, 0, 0, i < 65_536 ? FLAG.more : 0);
    await expect(writer.write(records.words, records.count)).rejects.toThrow('more tails than fit');
  });

  test('a string of more than 1 MiB', async () => {
    await using writer = await MtrkWriter.create(at('refused.mtrk'), FACTS);
    expect(() => writer.string('x'.repeat((1 << 20) + 1))).toThrow('1048577 bytes');
  });

  test('to be used after close', async () => {
    const writer = await MtrkWriter.create(at('closed.mtrk'), FACTS);
    await writer.close();
    await expect(writer.write(new Uint32Array(8), 1)).rejects.toThrow('this writer is closed');
    await expect(writer.close()).rejects.toThrow('this writer is closed');
  });
});

describe('a file under its name is whole', () => {
  test('nothing is there before close, and an older file stays until then', async () => {
    const file = at('later.mtrk');
    writeFileSync(file, 'older');
    const writer = await MtrkWriter.create(file, FACTS);
    expect(readFileSync(file, 'utf8')).toBe('older');
    await writer.close();
    expect(readFileSync(file).length).toBeGreaterThan(32);
  });

  test('nothing is left after discard, twice', async () => {
    const file = at('given-up/none.mtrk');
    await expect(MtrkWriter.create(file, FACTS)).rejects.toThrow('ENOENT');
    const writer = await MtrkWriter.create(at('given-up.mtrk'), FACTS);
    await writer.discard();
    await writer.discard();
    const left = readdirSync(path.dirname(at('x'))).filter(
      (name) => name.includes('given-up') || name.endsWith('.tmp'),
    );
    expect(left).toEqual([]);
  });

  test('a device is written straight', async () => {
    const writer = await MtrkWriter.create('/dev/null', FACTS);
    await writer.close();
    expect(readdirSync('/dev').filter((name) => name.startsWith('null.'))).toEqual([]);
  });
});

test('a file of more than 4 GiB is read to its end, in the memory of one chunk', async () => {
  const writer = await MtrkWriter.create(at('one.mtrk'), FACTS);
  const { words } = new RecordWriter(65_536);
  words.fill(0x01010101);
  await writer.write(words, 65_536);
  await writer.close();
  const file = readFileSync(at('one.mtrk'));
  const chunks = 16 * (16 + (128 << 10));
  const header = file.length - chunks - (16 + 24);
  const chunk = file.subarray(header, header + chunks);
  const times = 2100;
  const losses = new Losses();
  const bytes = new ByteReader(
    (async function* () {
      yield file.subarray(0, header);
      for (let i = 0; i < times; i++) yield Promise.resolve(chunk);
    })(),
  );
  const reader = await MtrkReader.open({ name: 'large.mtrk', bytes, losses });
  let records = 0;
  for await (const { count } of reader) records += count;
  expect(records).toBe(times * 65_536);
  expect(bytes.position).toBe(header + times * chunk.length);
  expect(bytes.position).toBeGreaterThan(2 ** 32);
  expect(losses.counters()).toMatchObject([{ name: 'mtrk_no_end', count: 1 }]);
});
