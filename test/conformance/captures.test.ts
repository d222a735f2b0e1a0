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
  expect(steps.length).toBeGreaterThanOrEqual(140);
  for (const { name, truth, snap } of steps) {
    expect(normalText(parseBundle(snap), truth).length, name).toBeGreaterThan(5);
    expect(normalTruth(truth)['actors'], name).not.toEqual([]);
  }
});

describe('the comparison notices', () => {
  const capture = captures.find(({ scenario, kernel }) => scenario === 'dmabuf-life' && kernel === 'debian-6.12')!;
  using kernel = kernelOf(capture);
  const [played] = playScenario(capture.text, kernel);
  const real = capture.steps[0]!;

  test.each([
    ['a count', 'count:\t1\n', 'count:\t2\n'],
    ['a name', '/dmabuf:cam-frame-0', '/dmabuf:cam-frame-9'],
    ['a size', 'size:\t65536', 'size:\t65537'],
    ['a flag', 'flags:\t02000002', 'flags:\t00000002'],
    ['a reference count in bufinfo', '00080007\t00000001\tudmabuf', '00080007\t00000002\tudmabuf'],
    ['a blank', 'Attached Devices:\n', 'Attached Devices: \n'],
    ['an inode of a dma-buf', 'ino:\t1\n', 'ino:\t9\n'],
    ['a descriptor', '/fd/10 ', '/fd/11 '],
  ])('%s', (_what, from, to) => {
    const text = Buffer.from(real.snap).toString('latin1');
    expect(text).toContain(from);
    const snap = Buffer.from(text.replace(from, to), 'latin1');
    expect(differences(played, { ...real, snap })).not.toEqual([]);
  });

  test.each([
    ['who holds what', { fds: [] }],
    ['whether it lives', { alive: false }],
    ['its name', { name: 'x' }],
  ])('%s', (_what, change) => {
    const buffers = real.truth.buffers.map((buffer) => ({ ...buffer, ...change }));
    expect(differences(played, { ...real, truth: { ...real.truth, buffers } })).not.toEqual([]);
  });
});
