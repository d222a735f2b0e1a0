/** What real kernels showed, in captures/KERNEL/SCENARIO. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Truth } from '../../lib/scenario/truth.ts';

const CAPTURES = path.join(import.meta.dirname, 'captures');
const PLAYED = ['dmabuf-life', 'memfd-shm', 'hard-cases'];
const SCENARIOS = path.join(import.meta.dirname, 'scenarios');

export interface Capture {
  /** `debian-6.12` */
  readonly kernel: string;
  /** `hard-cases` */
  readonly scenario: string;
  /** Of the scenario. */
  readonly text: string;
  readonly steps: readonly CapturedStep[];
}

export interface CapturedStep {
  /** `00-created` */
  readonly name: string;
  readonly truth: Truth;
  /** A bundle. */
  readonly snap: Uint8Array;
}

export function scenarioText(name: string): string {
  return readFileSync(path.join(SCENARIOS, `${name}.scn`), 'utf8');
}

export function scenarioNames(): readonly string[] {
  return readdirSync(SCENARIOS)
    .filter((name) => name.endsWith('.scn'))
    .map((name) => path.basename(name, '.scn'));
}

/** Every capture in the repository that the model's drivers can play. */
export function readCaptures(): readonly Capture[] {
  return readdirSync(CAPTURES).flatMap((kernel) =>
    PLAYED.filter((name) => existsSync(path.join(CAPTURES, kernel, name))).map((scenario) => ({
      kernel,
      scenario,
      text: scenarioText(scenario),
      steps: readSteps(path.join(CAPTURES, kernel, scenario)),
    })),
  );
}

/** The steps in a directory, whose bundles may be in gzip. */
export function readSteps(directory: string): readonly CapturedStep[] {
  const files = new Set(readdirSync(directory));
  return [...files]
    .filter((file) => /^\d\d-.*\.json$/.test(file))
    .sort()
    .map((file) => {
      const name = path.basename(file, '.json');
      const packed = files.has(`${name}.snap.gz`);
      const snap = readFileSync(path.join(directory, packed ? `${name}.snap.gz` : `${name}.snap`));
      return {
        name,
        truth: JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as Truth,
        snap: packed ? gunzipSync(snap) : snap,
      };
    });
}
