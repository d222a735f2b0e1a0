import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { OP } from '../../lib/core/record.ts';
import { ROOT } from '../house/sources.ts';
import { COUNTERS, exampleRecords, readMtrk, scratch, writeExample } from './mtrk-sample.ts';

const document = readFileSync(path.join(ROOT, 'docs/mtrk.md'), 'utf8');
const at = scratch();

/** The bytes that docs/mtrk.md prints. */
function documented(): Buffer {
  const lines = [...document.matchAll(/^ {4}([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ){15}[0-9a-f]{2}) {2}/gm)];
  expect(lines.map(([, offset]) => Number.parseInt(offset!, 16))).toEqual(lines.map((_, i) => i * 16));
  return Buffer.from(lines.map(([, , hex]) => hex!.replaceAll(' ', '')).join(''), 'hex');
}

test('a writer writes the documented file byte for byte', async () => {
  expect(Buffer.from(await writeExample(at('example.mtrk'))).toString('hex')).toBe(documented().toString('hex'));
});

test('a reader reads the documented file', async () => {
  const { words, count } = exampleRecords();
  const found = await readMtrk(documented());
  expect(found.words).toEqual(words.slice(0, count * 8));
  expect(found.strings).toEqual(['frame']);
  expect(found.counters).toEqual(COUNTERS);
  expect(found.losses).toEqual({});
});

test('every op is documented under its number', () => {
  const rows = [...document.matchAll(/^\| (\d+) \| `(\w+)` \| /gm)].map(([, number, name]) => [name, Number(number)]);
  expect(Object.fromEntries(rows)).toEqual(OP);
});
