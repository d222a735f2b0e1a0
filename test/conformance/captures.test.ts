import { describe, expect, test } from 'vitest';
import { playScenario } from '../../lib/scenario/play-scenario.ts';
import { kernelOf, readCaptures } from './captures.ts';
import { differences } from './compare.ts';
import { normalText } from './normal-text.ts';
import { normalTruth } from './normal-truth.ts';
import { parseBundle } from '../../lib/scenario/bundle.ts';

const captures = readCaptures(import.meta.dirname);

describe.each(captures)('$scenario on $kernel', (capture) => {
  using kernel = kernelOf(capture);
  const played = playScenario(capture.text, kernel);

  test('has the same steps', () => {
    const names = played.map(({ step, name }) => `${String(step).padStart(2, '0')}-${name}`);
    expect(names).toEqual(capture.steps.map(({ name }) => name));
  });

  test.each(capture.steps.map((step, index) => ({ ...step, index })))(
    '$name: what is true and what the files show is the real kernel’s',
    (step) => {
      expect(differences(played[step.index], step)).toEqual([]);
    },
  );
});

test('nothing of what is compared is empty', () => {
  const steps = captures.flatMap(({ steps: each }) => each);
  expect(steps.length).toBeGreaterThanOrEqual(78);
  for (const { name, truth, snap } of steps) {
    expect(normalText(parseBundle(snap), truth).length, name).toBeGreaterThan(5);
    expect(normalTruth(truth)['actors'], name).not.toEqual([]);
  }
});
