/** docs/facts.md names files and tests: they are there, and a title stands in the file that is named before it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './house/sources.ts';

interface Row {
  readonly fact: string;
  readonly models: string;
  readonly tests: string;
}

const page = readFileSync(path.join(ROOT, 'docs/facts.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (what|scenario)\b.*\| modelled in \|/.test(line))
  .map((line): Row => {
    const [, fact = '', models = '', tests = '', ...rest] = line
      .split(' | ')
      .flatMap((cell, i) => (i === 0 ? ['', cell] : [cell]));
    expect(rest, line).toEqual([]);
    return { fact: fact.replace(/^\| /, ''), models, tests: tests.replace(/ \|$/, '') };
  });

/** Each file in backquotes, with the titles in quotes behind it. */
function named(tests: string): readonly { readonly file: string; readonly titles: readonly string[] }[] {
  return [...tests.matchAll(/`([^`]+)`([^`]*)/g)].map(([, file = '', behind = '']) => ({
    file,
    titles: [...behind.matchAll(/“([^”]*)”/g)].map(([, title = '']) => title),
  }));
}

/** The file as its titles are read: quotes of strings need no escape. */
function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8').replace(/\\(['"`])/g, '$1');
}

test('there is a row for each subject', () => {
  expect(rows.length).toBeGreaterThan(80);
  expect(page.match(/^## /gm)).toHaveLength(6);
});

test.each(rows)('$fact', ({ models, tests }) => {
  if (models.startsWith('not modelled: ')) {
    expect(tests).toBe('–');
    return;
  }
  const files = [...models.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(existsSync(path.join(ROOT, file)), file).toBe(true);
  const shown = named(tests);
  expect(shown.length).toBeGreaterThan(0);
  for (const { file, titles } of shown) {
    expect(existsSync(path.join(ROOT, file)), file).toBe(true);
    for (const title of titles) expect(textOf(file).includes(title), `${file}: ${title}`).toBe(true);
  }
});
