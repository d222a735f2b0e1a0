/** Arrays given to native code: of another kind, too short, misaligned, detached, resized, shared, overlapping. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addon } from '../../lib/core/addon.ts';
import { FLAG, OP, RECORD_WORDS, RecordWriter } from '../../lib/core/record.ts';
import { Tracker } from '../../lib/core/tracker.ts';
import { Random, seeds } from '../random.ts';

type ResizableBuffer = ArrayBuffer & { resize(length: number): void };
const resizable = (length: number, maxByteLength: number): ResizableBuffer =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => ResizableBuffer)(length, { maxByteLength });

let tracker: Tracker;

beforeEach(() => {
  tracker = new Tracker();
});
afterEach(() => {
  expect(tracker.check()).toBeNull();
  tracker.close();
});

const spawns = (n: number): RecordWriter => {
  const writer = new RecordWriter(n);
  for (let key = 1; key <= n; key++) writer.spawn(key, key);
  return writer;
};
const apply = (words: unknown, count: unknown, results?: unknown): number =>
  tracker.apply(words as Uint32Array, count as number, results as Int32Array);
const tasks = (): number => tracker.snapshot().leaders.length;

describe('words', () => {
  test.each(
    [
      new Int32Array(8),
      new Float64Array(4),
      new Uint8Array(32),
      new BigUint64Array(4),
      new DataView(new ArrayBuffer(32)),
      new ArrayBuffer(32),
      Buffer.alloc(32),
      Array(8).fill(0),
      {},
      { length: 8, 0: 1 },
      null,
      undefined,
      'words',
      8,
      new Proxy(new Uint32Array(8), {}),
      Object.create(Uint32Array.prototype),
    ].map((bad) => ({ kind: Object.prototype.toString.call(bad), bad })),
  )('are no $kind', ({ bad }) => {
    expect(() => apply(bad, 1)).toThrow(/^words: expected a Uint32Array/);
  });

  test.each([NaN, -1, 1.5, 2 ** 32, Infinity, '1', null, undefined, {}, true])('hold no %s records', (count) => {
    expect(() => apply(new Uint32Array(16), count)).toThrow(/^count: expected a whole number/);
  });

  test.each([2, 3, 65536, 70_000, 200_000, 0xffffffff])('hold one record, not %i', (count) => {
    const { words } = spawns(1);
    expect(() => apply(words.subarray(0, 8), count)).toThrow(RangeError);
    expect(() => apply(words.subarray(0, 7), 1)).toThrow(RangeError);
    expect(tasks()).toBe(0);
  });

  test('too few for several calls are none at all', () => {
    const { words } = spawns(70_000);
    expect(() => apply(words, words.length / RECORD_WORDS + 1)).toThrow(RangeError);
    expect(() => apply(words, 70_000, new Int32Array(69_999))).toThrow(RangeError);
    expect(tasks()).toBe(0);
    expect(apply(words, 70_000, new Int32Array(70_000))).toBe(70_000);
  });

  test('no records are no work', () => {
    expect(apply(new Uint32Array(0), 0)).toBe(0);
    expect(apply(new Uint32Array(0), 0, new Int32Array(0))).toBe(0);
  });

  test('begin at a multiple of 8 bytes', () => {
    const { words } = spawns(1);
    const bytes = new ArrayBuffer(64);
    for (const offset of [4, 12, 20, 28]) {
      const misaligned = new Uint32Array(bytes, offset, 8);
      misaligned.set(words.subarray(0, 8));
      expect(() => apply(misaligned, 1)).toThrow('words: must begin at a multiple of 8 bytes');
    }
    const aligned = new Uint32Array(bytes, 8, 8);
    aligned.set(words.subarray(0, 8));
    expect(apply(aligned, 1)).toBe(1);
  });

  test('are not detached', () => {
    const { words } = spawns(2);
    structuredClone(words.buffer, { transfer: [words.buffer as ArrayBuffer] });
    expect(() => apply(words, 1)).toThrow(/^words: its buffer is detached/);
    expect(() => apply(words, 0)).toThrow(/^words: its buffer is detached/);
  });

  test('are as long as they are now', () => {
    const bytes = resizable(256, 4096);
    const tracking = new Uint32Array(bytes);
    const fixed = new Uint32Array(bytes, 0, 64);
    const behind = new Uint32Array(bytes, 128, 8);
    tracking.set(spawns(8).words.subarray(0, 64));
    bytes.resize(64);
    for (const words of [tracking, fixed, behind]) expect(() => apply(words, 3)).toThrow(RangeError);
    expect(() => apply(behind, 1)).toThrow(RangeError);
    expect(apply(tracking, 2)).toBe(2);
    bytes.resize(4096);
    expect(apply(tracking, 128)).toBe(0);
    bytes.resize(0);
    expect(() => apply(tracking, 1)).toThrow(RangeError);
    expect(tasks()).toBe(2);
  });

  test('belong to one thread', () => {
    const words = new Uint32Array(new SharedArrayBuffer(32));
    expect(() => apply(words, 1)).toThrow('words: its buffer is shared between threads');
    const results = new Int32Array(new SharedArrayBuffer(32));
    expect(() => apply(new Uint32Array(8), 1, results)).toThrow('results: its buffer is shared between threads');
  });

  test('are cut into calls wherever tails stand', () => {
    // Every record claims a tail: the longest group must not stop the loop that cuts.
    const words = new Uint32Array(200_000 * RECORD_WORDS);
    for (const op of [OP.install, OP.tail]) {
      for (let row = 0; row < 200_000; row++) words[row * RECORD_WORDS + 7] = op | (FLAG.more << 16);
      expect(apply(words, 200_000)).toBe(0);
    }
    const writer = new RecordWriter();
    writer.spawn(1, 1);
    writer.init(1, 1);
    while (writer.count < 131_070) writer.vmOpen(1, 1, 4096 * writer.count, 4096 * (writer.count + 1), 0, 0);
    const results = new Int32Array(writer.count);
    writer.words[2] = 1; // a size that spawn does not read
    expect(apply(writer.words, writer.count, results)).toBe(2 + (131_070 - 2) / 2);
    expect(results.every((result) => result === 0)).toBe(true);
  });
});

describe('results', () => {
  test.each([new Uint32Array(8), new Float64Array(8), [], null, 0, 'results', new Int8Array(8)])('are no %o', (bad) => {
    expect(() => apply(spawns(1).words, 1, bad)).toThrow(/^results: expected an Int32Array/);
    expect(tasks()).toBe(0);
  });

  test('are not too short, nor detached', () => {
    expect(() => apply(spawns(2).words, 2, new Int32Array(1))).toThrow(RangeError);
    const results = new Int32Array(8);
    structuredClone(results.buffer, { transfer: [results.buffer] });
    expect(() => apply(spawns(2).words, 2, results)).toThrow(/detached/);
    expect(tasks()).toBe(0);
  });

  test.each(seeds())('may overwrite the words they come from: nonsense, but no crash (seed %i)', (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 50; round++) {
      const bytes = new ArrayBuffer(64 * 32);
      const words = new Uint32Array(bytes);
      for (let i = 0; i < words.length; i++) words[i] = random.below(16);
      apply(words, 64, new Int32Array(bytes, 4 * random.below(400), 64));
    }
  });
});

test('text goes into bytes only', () => {
  const task = tracker.spawn(1);
  tracker.install(task, tracker.init({ size: 1 }));
  const into = (out: unknown): number => tracker.readMemtrackInto(task, out as Uint8Array);
  for (const bad of [new Int8Array(8), new Uint32Array(8), [], null, 'out', new ArrayBuffer(8)]) {
    expect(() => into(bad)).toThrow('out: expected a Uint8Array');
  }
  const needed = into(new Uint8Array(0));
  expect(needed).toBe(tracker.readMemtrack(task).length);
  for (const length of [1, needed - 1]) {
    const room = new Uint8Array(needed + 8).fill(7);
    expect(into(room.subarray(0, length))).toBe(needed);
    expect(room.subarray(length).every((byte) => byte === 7)).toBe(true);
  }
});

test.each(seeds())('any argument to any native call is an error or an answer (seed %i)', (seed) => {
  const random = new Random(seed);
  const calls = Object.entries(addon as unknown as Record<string, unknown>).filter(
    (entry): entry is [string, (...args: readonly unknown[]) => unknown] =>
      typeof entry[1] === 'function' && entry[0] !== 'open',
  );
  const detached = new Uint32Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const words = new Uint32Array(64 * RECORD_WORDS);
  const any: readonly (() => unknown)[] = [
    () => random.below(4),
    () => random.next(),
    () => -1,
    () => NaN,
    () => 0.5,
    () => 'text',
    () => undefined,
    () => null,
    () => ({}),
    () => [],
    () => true,
    () => 1n,
    () => Symbol('s'),
    () => words,
    () => new Int32Array(64),
    () => new Float64Array(random.below(300)),
    () => new Uint8Array(random.below(64)),
    () => new Uint32Array(random.below(64)),
    () => detached,
    () => new ArrayBuffer(8),
    () => new Uint32Array(new SharedArrayBuffer(64)),
  ];
  const answered = new Set<string>();
  let open = addon.open('', random.chance(0.5), random.chance(0.5), Infinity, Infinity, Infinity, 0);
  for (let n = 0; n < 15_000; n++) {
    for (let i = 0; i < words.length; i++) if (random.chance(0.02)) words[i] = random.below(20);
    const [name, call] = random.pick(calls);
    const args = Array.from({ length: random.below(16) }, () => random.pick(any)());
    if (random.chance(0.9)) args[0] = open;
    try {
      call(...args);
      answered.add(name);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
    if (isClosed(open)) open = addon.open('', random.chance(0.5), false, 50, 50, 50, 50);
  }
  expect(answered.size).toBeGreaterThan(calls.length / 2);
  addon.close(open);
});

function isClosed(number: number): boolean {
  try {
    addon.bytes(number);
    return false;
  } catch {
    return true;
  }
}
