import { describe, expect, test } from 'vitest';
import { playScenario } from '../../lib/scenario/index.ts';
import { Random, seeds } from '../random.ts';
import { generateScenario } from './generate.ts';

describe.each(seeds())('a random scenario, MEMTRACK_SEED=%i', (seed) => {
  test('plays on the model to its end, and the same again', () => {
    const text = generateScenario(new Random(seed), 150);
    expect(generateScenario(new Random(seed), 150)).toBe(text);
    const steps = playScenario(text);
    expect(steps.length).toBeGreaterThan(10);
    expect(playScenario(text).map(({ truth }) => truth)).toEqual(steps.map(({ truth }) => truth));
  });
});
