import { describe, expect, test } from 'vitest';
import { playScenario } from '../../lib/scenario/play-scenario.ts';
import { readCaptures } from './captures.ts';
import { normalTruth } from './normal-truth.ts';

describe.each(readCaptures())('$scenario on $kernel', ({ text, steps }) => {
  test('who holds what is true at every step', () => {
    const played = playScenario(text);
    expect(played.map(({ step, name }) => `${String(step).padStart(2, '0')}-${name}`)).toEqual(
      steps.map(({ name }) => name),
    );
    for (const [index, { name, truth }] of steps.entries())
      expect(normalTruth(played[index]!.truth), name).toEqual(normalTruth(truth));
  });
});
