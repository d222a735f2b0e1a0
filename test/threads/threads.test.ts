/** Several workers on one named tracker; each program in a process of its own. */
import { expect, test } from 'vitest';
import { runProgram } from '../program.ts';
import { seeds } from '../random.ts';

const TITLES = {
  disjoint: 'workers with tasks of their own get every result they should',
  overlapping: 'workers on the same processes: what was accepted is what is there',
  readers: 'readers see whole rows in order while writers write',
  ids: 'buffers come and go on all sides without sharing an id',
};

for (const [program, title] of Object.entries(TITLES)) {
  test.each(seeds([1]))(`${title} (seed %i)`, (seed) => {
    const ended = runProgram(new URL(`programs/${program}.mjs`, import.meta.url), [String(seed)]);
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: 'done\n', stderr: '' });
  });
}
