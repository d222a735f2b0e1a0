/** Runs a test's program in a Node process of its own: what it does to that process is the test. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Ended {
  /** null: a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Programs are plain JavaScript and use the compiled library in dist/, as `npm test` has made it.
 *
 * @example
 * expect(runProgram(new URL('programs/close.mjs', import.meta.url))).toMatchObject({ status: 0, stdout: 'done\n' });
 */
export function runProgram(program: URL, args: readonly string[] = [], nodeOptions: readonly string[] = []): Ended {
  if (!existsSync(new URL('../dist/core/tracker.js', import.meta.url)))
    throw new Error('dist/ is missing: npm run build');
  const { status, signal, stdout, stderr, error } = spawnSync(
    process.execPath,
    [...nodeOptions, fileURLToPath(program), ...args],
    { encoding: 'utf8', timeout: 120_000 },
  );
  if (error !== undefined) throw error;
  return { status, signal, stdout, stderr };
}
