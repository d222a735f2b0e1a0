import { expect, test } from 'vitest';
import { FLAG, OP } from '../../lib/core/record.ts';
import { replay } from '../../lib/replay/index.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { formatAnswer, makeAnswer } from '../../lib/report/index.ts';
import { Recording } from './recording.ts';

const SEED = Number(process.env['MEMTRACK_SEED'] ?? 20261121);
const EVENTS = 4000;

const NAMES = [
  '',
  'x',
  '/dev/shm/a',
  '/dev/shm/b',
  '/dev/shm/',
  '/memfd:f',
  '/memfd:g',
  '/dmabuf:',
  '/dmabuf:cam',
  '/dmabuf:cam (deleted)',
  '/dev/null',
  '/proc/self/fd/3',
  '/proc/101/fd/4',
  '/proc/self/fd/99999999999',
  '/proc/0/fd/0',
  '/dev/fd/5',
  '/proc/self/map_files/1000-2000',
  'UNIX-STREAM:[1->2]',
  'UNIX-STREAM:[2->1]',
  'UNIX:[7]|@box',
  'UNIX:[8]',
  'socket:[9]',
  '\u001b[31m\n',
  '\udcff',
];

/** mulberry32 */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Any event with any numbers: mostly small ones that meet each other, sometimes absurd ones. */
function absurd(pick: (below: number) => number): Recording {
  const recording = new Recording({ batch: 1 + pick(500) });
  for (const name of NAMES) recording.string(name);
  const number = (): number => {
    switch (pick(12)) {
      case 0:
        return 0xffffffff;
      case 1:
        return pick(0x100000000);
      case 2:
        return 4096 * pick(16);
      default:
        return pick(9);
    }
  };
  const wide = (): number => (pick(8) === 0 ? pick(2 ** 21) * 2 ** 32 + number() : number());
  for (let event = 0; event < EVENTS; event++) {
    const op = OP.task + pick(OP.loss - OP.task + 1);
    const task = 1 + pick(12);
    const tails =
      op === OP.mmap || op === OP.mremap ? 1 : op === OP.send || op === OP.receive ? pick(4) : pick(20) === 0 ? 1 : 0;
    const aux = op === OP.task ? 100 + pick(9) : op === OP.clone ? 1 + pick(12) : number();
    const flags = pick(32) | (tails > 0 ? FLAG.more : 0);
    recording.put(op, task, number(), aux, op === OP.task && pick(3) > 0 ? 0 : wide(), flags);
    for (let tail = 1; tail <= tails; tail++)
      recording.tail(wide(), wide(), number(), number(), number(), tail < tails);
  }
  return recording;
}

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  `a recording of nonsense, ${EVENTS} events, seed ${SEED} + %i: the core refuses nothing`,
  async (n) => {
    for (const semantics of ['intended', 'posted'] as const) {
      const replayed = await replay(absurd(random(SEED + n)), { semantics });
      expect(replayed.tracker.check()).toBeNull();
      if (semantics === 'intended') expect(replayed.tracker.counters()).toEqual([]);
      const snapshot = replayed.snapshot();
      expect(snapshot.fds.buffer.every((row) => row >= 0 && row < snapshot.buffers.length)).toBe(true);
      expect(
        formatAnswer(makeAnswer(findHolding(snapshot), { losses: replayed.losses, detail: true }), {
          by: 'buffer',
          detail: true,
        }),
      ).toMatch(/^At /);
      replayed.close();
    }
  },
);

test('records of unknown kinds, and commands among events, are counted', async () => {
  const recording = new Recording().task(1, 100).put(200, 1).put(OP.install, 1, 1).memfd(1, 3, 'frame');
  const replayed = await replay(recording);
  expect(replayed.losses.map(({ name, count }) => `${name} ${count}`)).toContain('record_op_unknown 1');
  expect(replayed.losses.map(({ name, count }) => `${name} ${count}`)).toContain('record_other_family 1');
  replayed.close();
});

test('a recording without an event', async () => {
  const replayed = await replay(new Recording({ clock: null }));
  expect(replayed.snapshot().processes.length).toBe(0);
  replayed.close();
});
