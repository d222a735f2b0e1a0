import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../lib/cli/run.ts';
import { repositoryTexts, ROOT } from './house/sources.ts';

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

test('every difference that Fidelity lists has a test named after it', () => {
  const section = /^## Fidelity\n([^]*?)^## /m.exec(readme)?.[1] ?? '';
  const lines = [...section.matchAll(/^\| (?!test \|)(.+?) \|/gm)].map(([, name = '']) => name);
  expect(lines.length).toBeGreaterThan(20);
  const tests = repositoryTexts()
    .filter(({ path: name }) => /^test\/.*\.test\.ts$/.test(name))
    .map(({ path: name }) => readFileSync(path.join(ROOT, name), 'utf8'))
    .join('\n');
  for (const name of lines) expect(tests.includes(`'${name}`), name).toBe(true);
});
