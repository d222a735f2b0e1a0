import { describe, expect, test } from 'vitest';
import { PYTHON, runHere } from './captured-io.ts';

describe('the command line', () => {
  test('--version', async () => {
    const { status, stdout } = await runHere('--version');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([['--help'], ['replay', '--help'], ['cat', '--help'], ['who', '--help'], ['convert', '--help']])(
    '%s %s has an example',
    async (...argv) => {
      const { status, stdout, stderr } = await runHere(...argv.filter((arg) => arg !== undefined));
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/Examples?:\n {2}\$ /);
    },
  );

  test.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['replay'], /missing required argument 'trace'/],
    [['replay', PYTHON, '--at', 'noon'], /Expected a time such as/],
    [['replay', PYTHON, '--top', '0'], /Expected a whole number from 1/],
    [['replay', PYTHON, '--by', 'colour'], /Allowed choices are process, buffer/],
    [['replay', PYTHON, '--sort', 'inode'], /--sort inode: with --by process it is one of pss/],
    [['replay', PYTHON, '--json', '--csv'], /cannot be used with option/],
    [['replay', PYTHON, '--frobnicate'], /unknown option '--frobnicate'/],
    [['who', PYTHON], /missing required argument 'buffer'/],
    [['who', PYTHON, 'id:abc'], /"id:abc" is no buffer/],
    [['who', PYTHON, ''], /"" is no buffer/],
    [['replay', PYTHON, '--csv', '--detail'], /--detail .*--json/],
    [['cat', PYTHON, '/proc/1/maps', 'more'], /too many arguments/],
  ])('%j is 2, and one line says why', async (argv, message) => {
    const { status, stdout, stderr } = await runHere(...argv);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^memtrack: /);
  });

  test.each([
    [['replay', '/nowhere/trace'], /^memtrack: \/nowhere\/trace: there is no such file\n$/],
    [['replay', '/'], /^memtrack: \/: is a directory/],
    [['replay', new URL('captured-io.ts', import.meta.url).pathname], /^memtrack: .*captured-io\.ts: .*is no trace/],
    [['replay', '/dev/null'], /^memtrack: \/dev\/null: .*is empty/],
    [['replay', '-', '--at', '-2s'], /^memtrack: standard input: a time before its end/],
    [
      ['convert', PYTHON, '/nowhere/out.mtrk'],
      /^memtrack: \/nowhere\/out\.mtrk: cannot be written \(ENOENT\); the directory \/nowhere must be there/,
    ],
    [['replay', PYTHON, '--format', 'mtrk'], /is no \.mtrk but strace; leave --format out\n$/],
    [['replay', PYTHON, '/nowhere/trace'], /^memtrack: \/nowhere\/trace: there is no such file\n$/],
    [['replay', PYTHON, '/nowhere/trace', '--json'], /^memtrack: \/nowhere\/trace: there is no such file\n$/],
  ])('%j is 1, and one line says why', async (argv, message) => {
    const { status, stdout, stderr } = await runHere(...argv);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
