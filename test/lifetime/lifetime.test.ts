/** Every end that a tracker, a worker or the process can come to; each in a process of its own. */
import { expect, test } from 'vitest';
import { runProgram } from '../program.ts';

const program = (name: string): URL => new URL(`programs/${name}.mjs`, import.meta.url);
const DONE = { status: 0, signal: null, stdout: 'done\n' };

test('close, and close again', () => {
  expect(runProgram(program('close'))).toMatchObject(DONE);
});

test('a dropped tracker is collected with its native memory', () => {
  const { status, stdout, stderr } = runProgram(program('gc'), [], ['--expose-gc']);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { bytes, peak } = JSON.parse(stdout) as { bytes: number; peak: number };
  expect(bytes).toBeGreaterThan(16 << 20);
  // 17 were filled: a process that kept them would be that large.
  expect(peak).toBeLessThan(9 * bytes);
});

test.each(['return', 'exit', 'throw', 'terminate'])('a worker ends with everything open: %s', (way) => {
  const ended = runProgram(program('workers'), [way, '5']);
  if (way === 'throw') expect(ended).toMatchObject({ status: 1, signal: null, stdout: '' });
  else expect(ended).toMatchObject(DONE);
});

test('50 environments load the add-on and go', () => {
  expect(runProgram(program('workers'), ['return', '50'])).toMatchObject(DONE);
});

test('one environment loads it 50 times', () => {
  expect(runProgram(program('load-again'))).toMatchObject(DONE);
});

test('terminate() in the middle of a batch', () => {
  expect(runProgram(program('terminate-in-batch'))).toMatchObject(DONE);
});

test.each([1, 2, 3])('process.exit() while workers are in native code, %i', () => {
  expect(runProgram(program('exit-in-batch'))).toMatchObject(DONE);
});

test('a named tracker outlives the worker that opened it', () => {
  expect(runProgram(program('named-outlives'))).toMatchObject(DONE);
});
