/** npm run differential -- [--programs N] [--steps N] [--seed S] [--failures N] */
import { parseArgs } from 'node:util';
import { campaign } from './campaign.ts';
import { buildPerformer, Performer, Unable } from './performer.ts';

const OPTIONS = {
  programs: { type: 'string', default: '1000' },
  steps: { type: 'string', default: '60' },
  seed: { type: 'string', default: String(Date.now() >>> 0) },
  failures: { type: 'string', default: '1' },
} as const;

/** `sources`: where perform.c is. Exit status 0; 1: a program failed; 77: this machine lacks something. */
export async function main(parameters: readonly string[], sources: string): Promise<number> {
  const { values } = parseArgs({ args: [...parameters], options: OPTIONS });
  const [programs, steps, seed, failures] = [values.programs, values.steps, values.seed, values.failures].map(Number);
  try {
    const built = buildPerformer(sources);
    try {
      using performer = await Performer.start(built.program);
      return await run(performer, { programs: programs!, steps: steps!, seed: seed!, failures: failures! });
    } finally {
      built.remove();
    }
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    process.stderr.write(`differential: skipped: ${error.message}\n`);
    return 77;
  }
}

async function run(
  performer: Performer,
  options: { programs: number; steps: number; seed: number; failures: number },
): Promise<number> {
  const { programs, steps, seed } = options;
  process.stdout.write(`${programs} programs of ${steps} steps, seed ${seed}\n`);
  const begin = performance.now();
  const found = await campaign(performer, {
    ...options,
    privileged: process.getuid?.() === 0,
    traits: performer.traits,
    found: ({ text }) => void process.stdout.write(`${text}\n\n`),
    progress: (done) => {
      if (done % 1000 === 0) process.stdout.write(`${done} programs, ${seconds(begin)} s\n`);
    },
  });
  process.stdout.write(found.length === 0 ? `no difference; ${seconds(begin)} s\n` : `${found.length} failed\n`);
  return found.length === 0 ? 0 : 1;
}

function seconds(begin: number): string {
  return ((performance.now() - begin) / 1000).toFixed(1);
}
