import type { Figure } from './case.ts';

/** By CPU time: the machine may be shared. */
export function cpuPer(unit: string, per = 1): Figure {
  return { unit: `ns/${unit}`, of: (m) => m.cpuNs / (m.units * per) };
}

/** By the clock: for parts too short for the resolution of CPU time, or with several threads. */
export function wallPer(unit: string, per = 1): Figure {
  return { unit: `ns/${unit}`, of: (m) => m.wallNs / (m.units * per) };
}

export const MEGA_PER_SECOND: Figure = { unit: 'M events/s', more: true, of: (m) => (m.units / m.cpuNs) * 1000 };

export function bytesPer(unit: string): Figure {
  return { unit: `bytes/${unit}`, of: (m) => (m.rssBytes ?? Number.NaN) / m.units };
}
