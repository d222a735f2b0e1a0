/** What real kernels showed, in captures/KERNEL/SCENARIO. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Machine } from '../../lib/machine/machine.ts';
import { guestKernel } from '../../lib/scenario/index.ts';
import type { Truth } from '../../lib/scenario/truth.ts';

const CAPTURES = path.join(import.meta.dirname, 'captures');
const SCENARIOS = path.join(import.meta.dirname, 'scenarios');

export interface Capture {
  /** `debian-6.12` */
  readonly kernel: string;
  /** `hard-cases` */
  readonly scenario: string;
  /** Of the kernel: what it had. */
  readonly guest: string;
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

/** Every capture in the repository. */
export function readCaptures(): readonly Capture[] {
  return readdirSync(CAPTURES).flatMap((kernel) =>
    readdirSync(path.join(CAPTURES, kernel)).map((scenario) => ({
      kernel,
      scenario,
      guest: readFileSync(path.join(CAPTURES, kernel, scenario, 'guest.txt'), 'utf8'),
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

/** The model of the machine that a capture was made in. */
export function kernelOf({ guest }: Capture): Machine {
  return guestKernel(
    {},
    {
      gpu: /^virtio_gpu /m.test(guest),
      stats: /^has +\/sys\/kernel\/dmabuf\/buffers$/m.test(guest),
    },
  );
}
