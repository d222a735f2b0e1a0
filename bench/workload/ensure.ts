import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Distribution, distributionOf, MixCounter } from './distribution.ts';
import { Generator } from './generate.ts';
import { SHAPES } from './shape.ts';
import { VERSION, WorkloadWriter } from './workload-file.ts';

export interface Achieved {
  readonly shape: string;
  readonly seed: number;
  readonly events: number;
  readonly reads: number;
  readonly mix: Readonly<Record<string, number>>;
  readonly atTheEnd: Distribution;
}

export interface EnsuredWorkload {
  readonly path: string;
  readonly achieved: Achieved;
}

/** The file of a named shape under `directory`, generated if it is not there yet, and what its distribution came out as. */
export function ensureWorkload(directory: string, name: string, seed: number): EnsuredWorkload {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no workload "${name}"; there are ${Object.keys(SHAPES).join(', ')}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}-${seed}-v${VERSION}.bin`);
  const beside = `${path}.json`;
  if (existsSync(path) && existsSync(beside))
    return { path, achieved: JSON.parse(readFileSync(beside, 'utf8')) as Achieved };
  const writer = new WorkloadWriter(path);
  const mix = new MixCounter();
  const generated = new Generator(shape, seed, (words, count) => {
    mix.add(words, count);
    writer.append(words, count);
  }).run();
  writer.finish({ reads: generated.reads, alive: generated.alive, seed });
  const achieved: Achieved = {
    shape: name,
    seed,
    events: generated.events,
    reads: generated.reads.length / 2,
    mix: mix.shares(),
    atTheEnd: distributionOf(generated.population),
  };
  writeFileSync(`${beside}.part`, JSON.stringify(achieved, null, 2));
  renameSync(`${beside}.part`, beside);
  return { path, achieved };
}
