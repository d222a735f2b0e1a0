import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from '../lib/cli/run.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('npm start prints what the README shows', async () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    scripts: { start: string };
  };
  const argv = scripts.start.replace(/^node dist\/cli\/main\.js /, '').split(' ');
  let printed = '';
  const write = (text: string): boolean => {
    printed += text;
    return true;
  };
  const status = await run(argv, {
    stdout: { write, isTTY: false },
    stderr: { write: () => true, isTTY: false },
    env: {},
    signal: new AbortController().signal,
  });
  expect(status).toBe(0);
  expect(readme).toContain(printed.trimEnd());
});

test('no figure is left to be filled in', () => {
  expect(readme).not.toMatch(/@[A-Z]+@/);
});

test('every document that the README links is there', () => {
  for (const [, path] of readme.matchAll(/\]\(([^)#:]+)\)/g)) {
    expect(() => readFileSync(new URL(`../${path!}`, import.meta.url)), path).not.toThrow();
  }
});
