/** Many programs: generated from consecutive seeds, compared, and the first failures shrunk. */
import { Random } from '../random.ts';
import { compare, describeDifference, kindOfDifference } from './compare.ts';
import type { Difference } from './compare.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './generate.ts';
import type { Performer } from './performer.ts';
import { printProgram } from './print.ts';
import { shrink } from './shrink.ts';
import type { Program } from './step.ts';

export interface CampaignOptions extends GenerateOptions {
  readonly programs: number;
  /** Program i is made from seed + i. */
  readonly seed: number;
  /** Failures that are shrunk before it stops. */
  readonly failures: number;
  readonly progress?: (done: number) => void;
  /** Is told of each failure at once. */
  readonly found?: (failure: Failure) => void;
}

export interface Failure {
  readonly seed: number;
  readonly program: Program;
  /** What differs, and the shrunk program as text. */
  readonly text: string;
}

/** Programs under way at once, so that neither side waits for the other. */
const AHEAD = 4;

export async function campaign(performer: Performer, options: CampaignOptions): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (let first = 0; first < options.programs && failures.length < options.failures; first += AHEAD) {
    const count = Math.min(AHEAD, options.programs - first);
    const seeds = Array.from({ length: count }, (_, at) => (options.seed + first + at) >>> 0);
    const results = await Promise.all(
      seeds.map(async (seed) => {
        const { program, played } = generate(new Random(seed), options);
        return { seed, program, difference: await compare(performer, program, played) };
      }),
    );
    for (const { seed, program, difference } of results) {
      if (difference === null || failures.length >= options.failures) continue;
      const failure = await explain(performer, seed, program, difference);
      failures.push(failure);
      options.found?.(failure);
    }
    options.progress?.(first + count);
  }
  return failures;
}

async function explain(performer: Performer, seed: number, program: Program, first: Difference): Promise<Failure> {
  const kind = kindOfDifference(first, program);
  const small = await shrink(
    program,
    async (candidate) => kindOfDifference(await compare(performer, candidate), candidate) === kind,
  );
  const difference = await compare(performer, small);
  const again = difference === null ? ' (not the next time)' : '';
  const what = `${describeDifference(difference ?? first)}${again}`;
  return { seed, program: small, text: `seed ${seed}: ${what}\n${printProgram(small)}` };
}
