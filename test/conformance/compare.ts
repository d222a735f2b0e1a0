import { parseBundle } from '../../lib/scenario/bundle.ts';
import type { Step } from '../../lib/scenario/play-scenario.ts';
import { isDeepStrictEqual } from 'node:util';
import type { CapturedStep } from './captures.ts';
import { normalText } from './normal-text.ts';
import { normalTruth } from './normal-truth.ts';

/** Where the model and the real kernel differ at one step, in sentences; none where they do not. */
export function differences(step: Step | undefined, real: CapturedStep): readonly string[] {
  if (step === undefined) return [`${real.name}: the model has no such step`];
  const found: string[] = [];
  const [ours, theirs] = [normalTruth(step.truth), normalTruth(real.truth)];
  for (const key of ['name', 'note', 'actors', 'buffers'] as const) {
    const [left, right] = [rowsOf(ours[key]), rowsOf(theirs[key])];
    for (let row = 0; row < Math.max(left.length, right.length); row++)
      if (!isDeepStrictEqual(left[row], right[row]))
        found.push(`${real.name}: truth: model ${JSON.stringify(left[row])}, kernel ${JSON.stringify(right[row])}`);
  }
  const [shown, seen] = [normalText(step.files, step.truth), normalText(parseBundle(real.snap), real.truth)];
  const [extra, missing] = [shown.filter((line) => !seen.includes(line)), seen.filter((line) => !shown.includes(line))];
  for (const line of extra) found.push(`${real.name}: only the model shows ${JSON.stringify(line)}`);
  for (const line of missing) found.push(`${real.name}: only the kernel shows ${JSON.stringify(line)}`);
  if (extra.length + missing.length === 0 && !isDeepStrictEqual(shown, seen))
    found.push(`${real.name}: the same files in another order, or not as often`);
  return found;
}

function rowsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
