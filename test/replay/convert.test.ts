import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { replay } from '../../lib/replay/index.ts';
import { formatJson, makeAnswer } from '../../lib/report/index.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { convertTrace } from '../../lib/trace/convert.ts';
import { openTrace } from '../../lib/trace/open.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-convert-'));

afterAll(() => rmSync(directory, { recursive: true }));

async function answerTo(trace: string, at: bigint | null, semantics: 'intended' | 'posted'): Promise<string> {
  const replayed = await replay(await openTrace(trace), { at, semantics });
  const answer = makeAnswer(findHolding(replayed.snapshot()), { losses: replayed.losses, detail: true });
  replayed.close();
  return formatJson(answer);
}

describe('a replay of a converted recording equals a replay of the recording', () => {
  test.each([
    ['strace-python/python.strace.gz', [1795267379600000000n, 1795267380351802546n, 1795267381188111875n]],
    [
      'strace-dmabuf/strace.txt.gz',
      [1795267407500000000n, 1795267408100000000n, 1795267410600000000n, 1795267411900000000n],
    ],
  ])('%s', async (name, moments) => {
    const original = new URL(`../captures/${name}`, import.meta.url).pathname;
    const converted = path.join(directory, `${path.basename(name)}.mtrk`);
    await convertTrace(await openTrace(original), converted);
    for (const at of [null, ...moments]) {
      for (const semantics of ['intended', 'posted'] as const) {
        expect(await answerTo(converted, at, semantics)).toBe(await answerTo(original, at, semantics));
      }
    }
  });
});
