/** The comparison is worth something only if it finds what is wrong and shows it in a few commands. */
import { expect, test } from 'vitest';
import { OP, RECORD_WORDS } from '../../lib/core/record.ts';
import type { Pair } from '../differential.ts';
import { findDifference } from '../differential.ts';
import { Oracle } from '../oracle.ts';
import { mixes } from '../random-commands.ts';
import type { Implementation, State } from '../state.ts';

const run = { seed: 5, mix: mixes[0]!, commands: 3000 };

/** An oracle with one wrong answer. */
class Wrong extends Oracle {
  readonly #results: (op: number, result: number) => number;
  readonly #state: (state: State) => State;

  constructor(results: (op: number, result: number) => number, state: (state: State) => State) {
    super('intended');
    this.#results = results;
    this.#state = state;
  }

  override apply(words: Uint32Array, count: number): Int32Array {
    return super
      .apply(words, count)
      .map((result, row) => this.#results(words[row * RECORD_WORDS + 7]! & 0xffff, result));
  }

  override state(): State {
    return this.#state(super.state());
  }
}

function pairWith(actual: () => Implementation): Pair {
  return { expected: () => new Oracle('intended'), actual };
}

test('an implementation agrees with itself', () => {
  expect(
    findDifference(
      pairWith(() => new Oracle('intended')),
      run,
    ),
  ).toBeNull();
});

test('the two semantics differ, and a few commands show it', () => {
  const found = findDifference(
    pairWith(() => new Oracle('posted')),
    run,
  );
  expect(found).toContain('MEMTRACK_SEED=5, mix even');
  expect(Number(/; (\d+) commands:/.exec(found ?? '')?.[1])).toBeLessThanOrEqual(3);
});

test('a wrong result is found', () => {
  const found = findDifference(
    pairWith(
      () =>
        new Wrong(
          (op, result) => (op === OP.unshare && result === 0 ? -1 : result),
          (state) => state,
        ),
    ),
    run,
  );
  expect(found).toMatch(/; [23] commands:\n {2}spawn [^]* unshare /);
  expect(found).toContain('result of record 0: -1, expected 0');
});

test('a VMA shown in the wrong place is found', () => {
  const reversed = (state: State): State => ({
    ...state,
    leaders: state.leaders.map((leader) => ({
      ...leader,
      rows: leader.rows.map((row) => ({ ...row, vmas: row.vmas.toReversed() })),
    })),
  });
  const found = findDifference(
    pairWith(() => new Wrong((_, result) => result, reversed)),
    run,
  );
  expect(found).toContain('4 commands:');
  expect(found?.match(/ vmOpen /g)).toHaveLength(2);
});
