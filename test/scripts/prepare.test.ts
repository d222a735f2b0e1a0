import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../house/sources.ts';

const HOUR_AGO = new Date(Date.now() - 3_600_000);
let checkout: string;

const at = (name: string): string => path.join(checkout, name);

function put(name: string, text: string): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}

/** Runs the script in the checkout as `npm test` would. */
function prepare(
  args: readonly string[] = [],
  PATH = process.env['PATH'],
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/prepare.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH, HOME: process.env['HOME'] },
  });
  return { status, stdout, stderr };
}

const due = (): string[] => prepare(['--check']).stdout.split('\n').filter(Boolean);

/** A small checkout: an add-on that npm has built, packages installed, nothing compiled yet. */
beforeEach(() => {
  checkout = mkdtempSync(path.join(tmpdir(), 'memtrack-prepare-'));
  for (const name of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'binding.gyp',
    'scripts',
  ]) {
    cpSync(path.join(ROOT, name), at(name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), at('node_modules'));
  put('native/core/tracker.cc', 'int tracker;\n');
  put('lib/cli/main.ts', 'export const answer: number = 42;\n');
  for (const name of ['native/core/tracker.cc', 'binding.gyp']) utimesSync(at(name), HOUR_AGO, HOUR_AGO);
  put('build/Release/memtrack.node', '');
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

describe('preparing a checkout', () => {
  test('compiles once, and then does nothing', () => {
    expect(due()).toEqual(['compile']);
    expect(prepare()).toEqual({ status: 0, stdout: '', stderr: 'memtrack: compiling TypeScript\n' });
    expect(existsSync(at('dist/cli/main.js'))).toBe(true);
    expect(due()).toEqual([]);
    expect(prepare()).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('takes the add-on that npm built, and notices when its sources change', () => {
    prepare();
    put('native/core/tracker.cc', 'int other;\n');
    expect(due()).toEqual(['addon']);
    put('native/core/tracker.cc', 'int tracker;\n');
    expect(due()).toEqual([]);
    put('native/decode/strace.h', '');
    expect(due()).toEqual(['addon']);
  });

  test('does not take an add-on that is older than its sources', () => {
    utimesSync(at('build/Release/memtrack.node'), HOUR_AGO, HOUR_AGO);
    expect(due()).toEqual(['addon', 'compile']);
  });

  test('notices every change in lib, and forgets what was removed there', () => {
    put('lib/core/old.ts', 'export {};\n');
    prepare();
    expect(existsSync(at('dist/core/old.js'))).toBe(true);
    rmSync(at('dist/core/old.js'));
    expect(due()).toEqual(['compile']);
    rmSync(at('lib/core/old.ts'));
    expect(due()).toEqual(['compile']);
    prepare();
    expect(existsSync(at('dist/core/old.js'))).toBe(false);
    expect(due()).toEqual([]);
  });

  test('notices packages that are missing or of another version', () => {
    rmSync(at('node_modules'));
    expect(due()).toContain('install');
    mkdirSync(at('node_modules'));
    put('node_modules/.package-lock.json', '{ "packages": { "node_modules/vitest": { "version": "0.0.1" } } }');
    expect(due()).toContain('install');
  });
});

describe('in one line it says', () => {
  const last = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

  test('that lib does not compile, and leaves nothing half done', () => {
    put('lib/index.ts', 'export const answer: number = "x";\n');
    const { status, stderr } = prepare();
    expect(status).toBe(1);
    expect(last(stderr)).toBe('memtrack: lib/ does not compile; what tsc said stands above');
    expect(existsSync(at('dist'))).toBe(false);
  });

  test('which programs are missing and how to get them', () => {
    put('native/core/tracker.cc', 'int other;\n');
    const { status, stderr } = prepare([], at('no-such-directory'));
    expect(status).toBe(1);
    expect(stderr).toBe(
      'memtrack: the add-on cannot be built without python3, make, g++; ' +
        'on Debian: apt-get install python3 make g++\n',
    );
  });

  test('that npm is missing', () => {
    rmSync(at('node_modules'));
    const { status, stderr } = prepare([], at('no-such-directory'));
    expect(status).toBe(1);
    expect(stderr).toBe('memtrack: npm is missing; on Debian: apt-get install npm\n');
  });
});
