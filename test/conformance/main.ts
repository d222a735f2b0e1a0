/** npm run conformance -- [--kernel DIR] [--record KERNEL] [--random N [--seed S] [--lines L]] [SCENARIO…] */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { playScenario } from '../../lib/scenario/index.ts';
import { Random } from '../random.ts';
import { kernelOf, readCaptures, scenarioNames, scenarioText } from './captures.ts';
import { differences } from './compare.ts';
import { describeCaptures } from './describe.ts';
import { expandBundle } from './expand.ts';
import { generateScenario } from './generate.ts';
import { playInGuest, Unable } from './guest.ts';
import { record } from './record.ts';

const OPTIONS = {
  /** Of build-stats-kernel; default Debian's. */
  kernel: { type: 'string' },
  /** Keeps what the kernel showed as captures/KERNEL/SCENARIO. */
  record: { type: 'string' },
  /** Plays so many random scenarios, not those in the directory. */
  random: { type: 'string' },
  seed: { type: 'string', default: String(Date.now() >>> 0) },
  lines: { type: 'string', default: '120' },
  /** Makes a tree in DIR of the bundle: --expand FILE.snap[.gz] DIR. */
  expand: { type: 'string' },
  /** Prints every step of the captures, and who held what. */
  describe: { type: 'boolean' },
} as const;

/**
 * Plays scenarios (by name; all if none is named) on a real kernel and on the model and compares every step. Exit status 0;
 * 1: they differ; 77: no kernel can be booted here.
 *
 * @param directory Where this file's sources are.
 */
export async function main(parameters: readonly string[], directory: string): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...parameters], options: OPTIONS, allowPositionals: true });
  if (values.describe === true) {
    process.stdout.write(describeCaptures(readCaptures(directory)));
    return 0;
  }
  if (values.expand !== undefined) {
    expandBundle(values.expand, positionals[0] ?? `${values.expand}.d`);
    return 0;
  }
  using made = randomScenarios(Number(values.random ?? 0), Number(values.seed), Number(values.lines));
  const names = [
    ...made.files,
    ...(positionals.length > 0 || values.random !== undefined ? positionals : scenarioNames(directory)),
  ];
  let [scenarios, steps, found] = [0, 0, 0];
  const skipped: string[] = [];
  for (const name of names) {
    const file = name.endsWith('.scn') ? path.resolve(name) : path.join(directory, 'scenarios', `${name}.scn`);
    try {
      using run = playInGuest(directory, file, values.kernel);
      const text = scenarioText(file);
      using kernel = kernelOf(run);
      const played = playScenario(text, kernel);
      const said = run.steps.flatMap((real, index) => differences(played[index], real));
      process.stdout.write(`${path.basename(name)}: ${run.steps.length} steps, ${said.length} differences\n`);
      for (const sentence of said) process.stdout.write(`  ${sentence}\n`);
      if (values.record !== undefined)
        record(run, path.join(directory, 'captures'), values.record, path.basename(file, '.scn'));
      scenarios++;
      steps += run.steps.length;
      found += said.length;
    } catch (error) {
      if (!(error instanceof Unable)) {
        // The real kernel or the model refused what the scenario asks for.
        process.stdout.write(`${path.basename(name)}: ${(error as Error).message}\n`);
        if (made.files.includes(name)) process.stdout.write(`${scenarioText(file)}\n`);
        found++;
        continue;
      }
      process.stderr.write(`conformance: ${path.basename(name)} skipped: ${error.message}\n`);
      skipped.push(name);
    }
  }
  const left = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  process.stdout.write(`${scenarios} scenarios, ${steps} steps, ${found} differences${left}\n`);
  if (skipped.length === names.length) {
    process.stderr.write(
      'conformance: no real kernel here: it takes x86-64, apt-get, and root where QEMU is to be installed\n',
    );
    return 77;
  }
  return found === 0 ? 0 : 1;
}

/** Files random-SEED.scn, SEED + 1 and so on; those that differ are to be kept by hand. */
function randomScenarios(
  count: number,
  seed: number,
  lines: number,
): Disposable & { readonly files: readonly string[] } {
  const out = mkdtempSync(path.join(tmpdir(), 'memtrack-random-'));
  const files = Array.from({ length: count }, (_, index) => {
    const file = path.join(out, `random-${seed + index}.scn`);
    writeFileSync(file, generateScenario(new Random(seed + index), lines));
    return file;
  });
  return { files, [Symbol.dispose]: () => rmSync(out, { recursive: true, force: true }) };
}
