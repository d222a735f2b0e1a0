/**
 * Every `@example` of what lib/index.ts exports, and the README's, is run. An example may use, besides the exports:
 * `kernel` and a `task` of it, a `tracker` with a `buffer` that somebody holds, and `replayed`, the recording
 * `python.strace.gz`, which also lies in the current directory (and as `app.strace`).
 * `a === b` has to hold; `a; // value` has to equal the value if that is a string, a number or a list.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as memtrack from '../lib/index.ts';
import { runnable } from './house/runnable.ts';
import { repositoryTexts, ROOT } from './house/sources.ts';

interface Example {
  readonly of: string;
  readonly code: string;
}

const EXAMPLE = / @example\n((?: +\* .*\n)+) +\*\/\n+export (?:async )?(?:abstract )?\w+ (\w+)/g;

const index = readFileSync(path.join(ROOT, 'lib/index.ts'), 'utf8').replace(/\/\*[^]*?\*\//g, '');
const exported = new Set(index.match(/\w+/g));

const documented = repositoryTexts()
  .filter(({ path: name }) => /^lib\/.*\.ts$/.test(name))
  .flatMap(({ path: name }) => [...readFileSync(path.join(ROOT, name), 'utf8').matchAll(EXAMPLE)])
  .map(([, lines = '', name = '']): Example => ({ of: name, code: lines.replace(/^ +\* /gm, '') }))
  .filter(({ of }) => exported.has(of));

const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8').matchAll(/^```ts\n([^]*?)^```/gm);
const examples = [...documented, ...[...readme].map(([, code = '']): Example => ({ of: 'README.md', code }))];

const before = process.cwd();
const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-examples-'));

beforeAll(() => {
  const recording = readFileSync(path.join(ROOT, 'test/captures/strace-python/python.strace.gz'));
  writeFileSync(path.join(directory, 'python.strace.gz'), recording);
  writeFileSync(path.join(directory, 'app.strace'), gunzipSync(recording));
  process.chdir(directory);
});

afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

test('there are examples of all the main parts', () => {
  expect(examples.map(({ of }) => of)).toEqual(
    expect.arrayContaining(['Machine', 'Tracker', 'RecordWriter', 'replay', 'openTrace', 'findHolding', 'README.md']),
  );
});

test.each(examples)('the example of $of runs', async ({ code }) => {
  using kernel = new memtrack.Kernel();
  using tracker = new memtrack.Tracker();
  const holder = tracker.spawn(612);
  const buffer = tracker.init({ size: 4096, task: holder });
  tracker.install(holder, buffer);
  using replayed = await memtrack.replay(await memtrack.openTrace('python.strace.gz'));
  const prelude = { kernel, task: kernel.spawn(), tracker, buffer, replayed };
  const given: Readonly<Record<string, unknown>> = {
    ...memtrack,
    ...prelude,
    equal: (got: unknown, wanted: unknown) => expect(got).toEqual(wanted),
  };
  const run = compileFunction(runnable(code), Object.keys(given)) as (...values: unknown[]) => Promise<void>;
  await run(...Object.values(given));
});
