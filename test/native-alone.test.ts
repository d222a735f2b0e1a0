import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { repositoryTexts, ROOT } from './house/sources.ts';

const COMPILER = process.env['CXX'] ?? 'g++';
const names = repositoryTexts()
  .map(({ path: name }) => name)
  .filter((name) => /^native\/(?:record|core|decode)\/.*\.(?:h|cc)$/.test(name));

/** The rooms below the bindings, and nothing of Node's: no include path, no macro. */
function complaintsAbout(name: string): string {
  const language = ['-x', 'c++', '-std=c++20', '-fno-exceptions', '-fno-rtti', '-Wno-pragma-once-outside-header'];
  const { status, stderr, error } = spawnSync(COMPILER, [...language, '-fsyntax-only', '-I', 'native', name], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (error) throw error;
  return status === 0 ? '' : stderr;
}

describe('without Node, exceptions and type information, each file compiles alone', () => {
  test.each(names)('%s', (name) => {
    expect(complaintsAbout(name)).toBe('');
  });
});
