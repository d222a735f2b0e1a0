import { describe, expect, test } from 'vitest';
import { parseBundle } from '../../lib/scenario/bundle.ts';
import { playScenario } from '../../lib/scenario/play-scenario.ts';
import { kernelOf, readCaptures } from './captures.ts';
import { normalText } from './normal-text.ts';

describe.each(readCaptures())('$scenario on $kernel', (capture) => {
  const { text, steps } = capture;

  test('the text of pseudo-files is the real kernel’s at every step', () => {
    using kernel = kernelOf(capture);
    const played = playScenario(text, kernel);
    for (const [index, { name, truth, snap }] of steps.entries()) {
      const step = played[index]!;
      const real = normalText(parseBundle(snap), truth);
      expect(real.length, name).toBeGreaterThan(0);
      expect(normalText(step.files, step.truth), name).toEqual(real);
    }
  });
});
