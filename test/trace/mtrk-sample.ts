import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { FLAG, OP, RECORD_WORDS, RecordWriter } from '../../lib/core/record.ts';
import { ByteReader } from '../../lib/trace/byte-reader.ts';
import { Losses } from '../../lib/trace/losses.ts';
import { MtrkReader } from '../../lib/trace/mtrk-reader.ts';
import { MtrkWriter } from '../../lib/trace/mtrk-writer.ts';
import type { TraceBatch, TraceCounter } from '../../lib/trace/trace-reader.ts';

/** A directory for one test file; gone when it is done. */
export function scratch(): (name: string) => string {
  const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-test-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (name) => path.join(directory, name);
}

/** Bytes in chunks of `size`, as a slow pipe would bring them. */
export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}

export interface Content {
  readonly words: Uint32Array;
  /** From number 1. */
  readonly strings: readonly string[];
  readonly counters: readonly TraceCounter[];
  readonly losses: Readonly<Record<string, number>>;
}

/** All the words of some batches, one after the other; each batch is checked not to split a group. */
export async function gather(batches: AsyncIterable<TraceBatch>): Promise<Uint32Array> {
  const parts: Uint32Array[] = [];
  for await (const { words, count } of batches) {
    if (count > 65_536 || ((words[count * RECORD_WORDS - 1]! >>> 16) & FLAG.more) !== 0) throw new Error('a bad batch');
    parts.push(words.slice(0, count * RECORD_WORDS));
  }
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Reads a whole `.mtrk` out of memory. */
export async function readMtrk(file: Uint8Array, chunkSize = 1 << 16): Promise<Content> {
  const losses = new Losses();
  const bytes = new ByteReader(inChunks(file, chunkSize));
  const reader = await MtrkReader.open({ name: 'sample.mtrk', bytes, losses });
  const words = await gather(reader);
  const strings = Array.from({ length: reader.strings.length - 1 }, (_, i) => reader.strings.get(i + 1)!);
  const counted = losses.counters().map(({ name, count }) => [name, count] as const);
  return { words, strings, counters: reader.counters(), losses: Object.fromEntries(counted) };
}

export const COUNTERS: readonly TraceCounter[] = [
  { name: 'unparsed_line', severity: 'error', count: 2, meaning: 'Lines that are not strace output were skipped.' },
];

/** The recording of docs/mtrk.md: a process makes a memfd of 8 KiB and maps it. */
export function exampleRecords(): RecordWriter {
  const records = new RecordWriter();
  const at = 1_700_000_000_000_100_000n;
  records.put(OP.task, 1, 0, 612, 612, 0, at);
  records.put(OP.memfd, 1, 5, 1, 1, FLAG.cloexec, at);
  records.put(OP.truncate, 1, 5, 0, 8192, 0, at + 60_000n);
  records.put(OP.mmap, 1, 5, 3, 8192, FLAG.mapShared | FLAG.more, at + 300_000n);
  records.tail(0x7f1200000000, 0, 0, 0, 0);
  return records;
}

export async function writeExample(file: string): Promise<Uint8Array> {
  const { words, count } = exampleRecords();
  const writer = await MtrkWriter.create(file, {
    mode: 'references',
    clock: 'realtime',
    start: 1_700_000_000_000_100_000n,
    origin: 'strace',
  });
  writer.string('frame');
  await writer.write(words, count);
  await writer.counters(COUNTERS);
  await writer.close();
  return readFileSync(file);
}
