/** The core against the oracle: 100,000 random commands per seed and semantics; results and state after every batch. */
import { describe, expect, test } from 'vitest';
import { CoreAdapter } from '../core-adapter.ts';
import type { Pair } from '../differential.ts';
import { findDifference } from '../differential.ts';
import { Oracle } from '../oracle.ts';
import { mixes } from '../random-commands.ts';
import { seeds } from '../random.ts';
import type { Limits, Semantics } from '../state.ts';
import type { TrackerOptions } from '../../lib/core/tracker.ts';

const COMMANDS = 100_000;
const LIMITS: Limits = { handles: 60, vmas: 40, ids: 50, tags: 20 };

function pair(semantics: Semantics, limits: Limits, options: TrackerOptions): Pair {
  return {
    expected: () => new Oracle(semantics, limits),
    actual: () => new CoreAdapter({ ...options, semantics, limits }),
  };
}

describe.each(['intended', 'posted'] as const)('%s', (semantics) => {
  describe.each(seeds())('seed %i', (seed) => {
    test.each(mixes)('$name', (mix) => {
      expect(findDifference(pair(semantics, {}, {}), { seed, mix, commands: COMMANDS / mixes.length })).toBeNull();
    });

    test.each(mixes)('$name, at the limits', (mix) => {
      // Many short lives: in posted, ids and handles leak away.
      for (let life = 0; life < 8; life++) {
        expect(findDifference(pair(semantics, LIMITS, {}), { seed: seed + life, mix, commands: 2000 })).toBeNull();
      }
    });
  });

  test.each(mixes)('$name, linked eagerly', (mix) => {
    expect(
      findDifference(pair(semantics, {}, { linking: 'eager' }), { seed: seeds([4])[0]!, mix, commands: 10_000 }),
    ).toBeNull();
  });

  test.each(mixes)('$name, with locks', (mix) => {
    let opened = 0;
    const named: Pair = {
      expected: () => new Oracle(semantics),
      actual: () => new CoreAdapter({ semantics, name: `differential ${semantics} ${mix.name} ${++opened}` }),
    };
    expect(findDifference(named, { seed: seeds([5])[0]!, mix, commands: 10_000 })).toBeNull();
  });
});
