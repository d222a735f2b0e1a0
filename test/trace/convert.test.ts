import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { DECODE_COUNTERS } from '../../lib/core/decoder.ts';
import { convertTrace } from '../../lib/trace/convert.ts';
import { openTrace } from '../../lib/trace/open.ts';
import type { TraceCounter, TraceFacts } from '../../lib/trace/trace-reader.ts';
import { ROOT } from '../house/sources.ts';
import { gather, scratch } from './mtrk-sample.ts';

const at = scratch();

interface Whole {
  readonly words: Uint32Array;
  readonly strings: readonly (string | null)[];
  readonly counters: readonly TraceCounter[];
  readonly facts: TraceFacts;
}

async function readAll(file: string): Promise<Whole> {
  const trace = await openTrace(file);
  const words = await gather(trace);
  const strings = Array.from({ length: trace.strings.length }, (_, number) => trace.strings.get(number));
  return { words, strings, counters: trace.counters(), facts: trace.facts };
}

describe.each(['strace-python/python.strace.gz', 'strace-dmabuf/strace.txt.gz'])('a real recording: %s', (name) => {
  const recording = path.join(ROOT, 'test/captures', name);
  const converted = at(`${path.basename(name)}.mtrk`);
  let original: Whole;

  beforeAll(async () => {
    original = await readAll(recording);
    await convertTrace(await openTrace(recording), converted);
  });

  test('is strace with a clock, and holds records', () => {
    expect(original.facts).toMatchObject({ format: 'strace', origin: 'strace', mode: 'references', clock: 'realtime' });
    const first = /\d{10}\.\d{6}/.exec(gunzipSync(readFileSync(recording)).toString('latin1'))![0];
    expect(original.facts.start! / 1000n).toBe(BigInt(first.replace('.', '')));
    expect(original.words.length).toBeGreaterThan(1000);
    expect(original.counters.map(({ name: counter }) => counter)).toEqual(
      DECODE_COUNTERS.map(({ name: counter }) => counter),
    );
  });

  test('converted, says the same', async () => {
    const { facts, ...rest } = await readAll(converted);
    const { facts: before, ...expected } = original;
    expect(rest).toEqual(expected);
    expect(facts).toEqual({ ...before, format: 'mtrk' });
  });

  test('converted again, says the same', async () => {
    const again = at('again.mtrk');
    await convertTrace(await openTrace(converted), again);
    expect(await readAll(again)).toEqual(await readAll(converted));
  });
});

const CAPTURE = path.join(ROOT, 'test/captures/strace-python/python.strace.gz');

test('a conversion tells how far it is', async () => {
  const seen: number[] = [];
  await convertTrace(await openTrace(CAPTURE), at('told.mtrk'), { onProgress: ({ read }) => seen.push(read) });
  expect(seen.at(-1)).toBe(readFileSync(CAPTURE).length);
});

test('an aborted conversion leaves nothing behind', async () => {
  const controller = new AbortController();
  const target = at('aborted.mtrk');
  const aborted = convertTrace(await openTrace(CAPTURE), target, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  });
  await expect(aborted).rejects.toThrow('enough');
  expect(readdirSync(path.dirname(target)).filter((name) => name.startsWith('aborted'))).toEqual([]);
});
