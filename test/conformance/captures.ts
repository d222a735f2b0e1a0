/** What real kernels showed, in captures/KERNEL/SCENARIO. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Machine } from '../../lib/machine/machine.ts';
import { guestKernel } from '../../lib/scenario/index.ts';
import type { Truth } from '../../lib/scenario/index.ts';

export interface Capture {
  /** `debian-6.12` */
  readonly kernel: string;
  /** `hard-cases` */
  readonly scenario: string;
  /** What the kernel had. */
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

export function scenarioText(file: string): string {
  return readFileSync(file, 'utf8');
}

/** Of the files in scenarios/ of that directory. */
export function scenarioNames(directory: string): readonly string[] {
  return readdirSync(path.join(directory, 'scenarios'))
    .filter((name) => name.endsWith('.scn'))
    .map((name) => path.basename(name, '.scn'))
    .sort();
}

/** Every capture in captures/ of that directory. */
export function readCaptures(directory: string): readonly Capture[] {
  const captures = path.join(directory, 'captures');
  return readdirSync(captures).flatMap((kernel) =>
    readdirSync(path.join(captures, kernel)).map((scenario) => ({
      kernel,
      scenario,
      guest: readFileSync(path.join(captures, kernel, scenario, 'guest.txt'), 'utf8'),
      text: scenarioText(path.join(directory, 'scenarios', `${scenario}.scn`)),
      steps: readSteps(path.join(captures, kernel, scenario)),
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
export function kernelOf({ guest }: Pick<Capture, 'guest'>): Machine {
  return guestKernel(
    {},
    {
      gpu: /^virtio_gpu /m.test(guest),
      stats: /^has +\/sys\/kernel\/dmabuf\/buffers$/m.test(guest),
    },
  );
}
