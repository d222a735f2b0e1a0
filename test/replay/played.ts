import { afterEach, expect } from 'vitest';
import { replay } from '../../lib/replay/index.ts';
import type { Replayed, ReplayOptions } from '../../lib/replay/index.ts';
import { holdersOf } from './holders.ts';
import { Recording } from './recording.ts';

const open: Replayed[] = [];

afterEach(() => {
  for (const replayed of open.splice(0)) replayed.close();
});

/** Replays, checks the core, and closes after the test. */
export async function played(recording: Recording, options?: ReplayOptions): Promise<Replayed> {
  const replayed = await replay(recording, options);
  open.push(replayed);
  expect(replayed.tracker.check()).toBeNull();
  return replayed;
}

export async function holders(recording: Recording, options?: ReplayOptions): Promise<string[]> {
  return holdersOf((await played(recording, options)).snapshot());
}

export function lossesOf(replayed: Replayed): Record<string, number> {
  return Object.fromEntries(replayed.losses.map(({ name, count }) => [name, count]));
}

/** Task 1, pid 100, has just executed a program. */
export function begin(batch?: number): Recording {
  return new Recording(batch === undefined ? {} : { batch }).task(1, 100).exec(1, '/usr/bin/camera-service');
}
