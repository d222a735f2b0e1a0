import { describe, expect, test } from 'vitest';
import { playScenario } from '../../lib/scenario/play-scenario.ts';
import { kernelOf, readCaptures } from './captures.ts';
import { normalTruth } from './normal-truth.ts';

describe.each(readCaptures())('$scenario on $kernel', (capture) => {
  const { text, steps } = capture;

  test('who holds what is true at every step', () => {
    using kernel = kernelOf(capture);
    const played = playScenario(text, kernel);
    expect(played.map(({ step, name }) => `${String(step).padStart(2, '0')}-${name}`)).toEqual(
      steps.map(({ name }) => name),
    );
    for (const [index, { name, truth }] of steps.entries())
      expect(normalTruth(played[index]!.truth), name).toEqual(normalTruth(truth));
  });
});
