/** docs/defects.md names every defect, and only tests that there are. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../house/sources.ts';

const text = readFileSync(path.join(ROOT, 'docs/defects.md'), 'utf8');
const rows = [...text.matchAll(/^\| (B\d+) \|.*\| (.*?) ?\|$/gm)].map(([, defect = '', file = '']) => ({
  defect,
  file: file.replaceAll('`', ''),
}));

test('every defect has its row, in order', () => {
  expect(rows.map(({ defect }) => defect)).toEqual(Array.from({ length: 36 }, (_, n) => `B${n + 1}`));
});

describe('a test that is named', () => {
  const named = rows.filter(({ file }) => file !== '');

  test('is named for every defect that can be seen', () => {
    expect(named.length).toBeGreaterThanOrEqual(22);
  });

  test.each(named)('$defect: $file', ({ defect, file }) => {
    const name = file.includes('/') ? file : `test/defects/${file}.test.ts`;
    const code = readFileSync(path.join(ROOT, name), 'utf8');
    // In a title, or for binder in the comment over its tests.
    expect(code).toMatch(new RegExp(`['"\` (]${defect}[:,)]`));
    for (const semantics of ['posted', 'intended']) expect(code).toContain(`'${semantics}'`);
  });

  test('every file and test named in the text exists', () => {
    const paths = [...text.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, name = '']) => name);
    expect(paths.length).toBeGreaterThan(2);
    expect(paths.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });
});

test('no test shows a defect that the table says cannot be seen', () => {
  const unseen = rows.filter(({ file }) => file === '').map(({ defect }) => defect);
  const shown = ['exit', 'tables', 'buffers', 'mappings'].flatMap((name) =>
    [...readFileSync(path.join(ROOT, `test/defects/${name}.test.ts`), 'utf8').matchAll(/\b(B\d+):/g)].map(
      ([, defect = '']) => defect,
    ),
  );
  expect(unseen.filter((defect) => shown.includes(defect))).toEqual([]);
});
