import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Source } from './arrows.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Every text file of the repository, as git sees it: committed, or new and not ignored. */
export function repositoryTexts(): readonly Source[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return [...new Set(listed.split('\0'))]
    .filter((name) => name !== '' && statSync(path.join(ROOT, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => ({ path: name, text: readFileSync(path.join(ROOT, name), 'latin1') }))
    .filter(({ text }) => !text.includes('\0'));
}
