import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { PYTHON, runHere } from './captured-io.ts';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-cli-'));

afterAll(() => rmSync(directory, { recursive: true }));

const memtrack = (args: readonly string[], input?: Buffer): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [MAIN, ...args], { input, maxBuffer: 1 << 28 });

/** Enough text to be read for a while. */
function long(): Buffer {
  const text = gunzipSync(readFileSync(PYTHON));
  return Buffer.concat(new Array<Buffer>(400).fill(text));
}

describe('the built command as a process', () => {
  test('from a file and from standard input the same', async () => {
    const here = await runHere('replay', PYTHON, '--json');
    const file = memtrack(['replay', PYTHON, '--json']);
    const piped = memtrack(['replay', '-', '--json'], readFileSync(PYTHON));
    const plain = memtrack(['replay', '-', '--json'], gunzipSync(readFileSync(PYTHON)));
    expect([file.status, piped.status, plain.status]).toEqual([0, 0, 0]);
    expect(String(file.stdout)).toBe(here.stdout);
    expect(String(piped.stdout)).toBe(here.stdout);
    expect(String(plain.stdout)).toBe(here.stdout);
  });

  test('convert, then the same questions', async () => {
    const converted = path.join(directory, 'python.mtrk');
    expect(memtrack(['convert', PYTHON, converted]).status).toBe(0);
    const at = ['--at', '1795267381.188111875', '--json'];
    expect(String(memtrack(['replay', converted, ...at]).stdout)).toBe((await runHere('replay', PYTHON, ...at)).stdout);
  });

  test('convert says what was lost', async () => {
    const cut = path.join(directory, 'cut.strace.gz');
    writeFileSync(cut, readFileSync(PYTHON).subarray(0, -1000));
    expect((await runHere('convert', cut, path.join(directory, 'cut.mtrk'))).stderr).toMatch(
      /^memtrack: data-loss: 1 gzip_torn: The gzip data ends too early/m,
    );
  });

  test('a reader that goes away is no error', async () => {
    const child = spawn('sh', [
      '-c',
      `"$0" "$1" replay - --json | head -c 1 >/dev/null; echo "\${PIPESTATUS:-}"`,
      process.execPath,
      MAIN,
    ]);
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
    child.stdin.end(readFileSync(PYTHON));
    await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('');
  });

  test('a full disk is one line', () => {
    const { status, stderr } = spawnSync('sh', [
      '-c',
      '"$0" "$@" >/dev/full',
      process.execPath,
      MAIN,
      'replay',
      PYTHON,
    ]);
    expect(status).toBe(1);
    expect(String(stderr)).toMatch(/^memtrack: standard output: ENOSPC[^\n]*\n$/);
  });

  test.each(['/dev/stdin', '/dev/fd/0'])('a time before the end of a pipe called %s is refused', (name) => {
    const { status, stdout, stderr } = memtrack(['replay', name, '--at', '-1s'], readFileSync(PYTHON));
    expect([status, String(stdout)]).toEqual([1, '']);
    expect(String(stderr)).toBe(
      `memtrack: ${name}: a time before its end needs to read it twice; save it to a file first\n`,
    );
  });

  test('SIGTERM leaves no half of a conversion behind', async () => {
    const inside = mkdtempSync(path.join(directory, 'terminated-'));
    const child = spawn(process.execPath, [MAIN, 'convert', '-', path.join(inside, 'out.mtrk')]);
    child.stdin.on('error', () => undefined);
    child.stdin.write(long());
    while (readdirSync(inside).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(143);
    expect(readdirSync(inside)).toEqual([]);
  });

  test('Ctrl-C keeps what was finished', async () => {
    const child = spawn(process.execPath, [MAIN, 'replay', '-', '--json']);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += String(text)));
    child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
    child.stdin.on('error', () => undefined);
    // It waits for more, having read this much.
    child.stdin.write(long());
    const status = new Promise<number | null>((resolve) => child.on('close', resolve));
    await new Promise<void>((resolve) => child.stdin.write('\n', () => resolve()));
    child.kill('SIGINT');
    expect(await status).toBe(130);
    expect(stderr).toMatch(/interrupted/);
    if (stdout !== '') expect((JSON.parse(stdout) as { schema: string }).schema).toBe('memtrack/1');
  });
});
