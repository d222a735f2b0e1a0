import { report } from '../measurement.ts';
import { drive } from '../rivals/drive.ts';
import type { Rival } from '../rivals/rival.ts';
import { readWorkload } from '../workload/workload-file.ts';

// node jobs/drive.js RIVAL WORKLOAD [--no-reads]: executes a workload with one of the models that run in Node.
const MODELS: Readonly<Record<string, () => Promise<Rival>>> = {
  memtrack: async () => new (await import('../rivals/memtrack.ts')).Memtrack('deferred'),
  'memtrack-eager': async () => new (await import('../rivals/memtrack.ts')).Memtrack('eager'),
  'js-map': async () => new (await import('../rivals/js-map.ts')).JsMapRival(),
  'js-typed-array': async () => new (await import('../rivals/typed-array.ts')).TypedArrayRival(),
};

const [name = '', path = '', option] = process.argv.slice(2);
const make = MODELS[name];
if (make === undefined) throw new Error(`no model "${name}"; there are ${Object.keys(MODELS).join(', ')}`);
const workload = readWorkload(path);
report(drive(await make(), workload, option !== '--no-reads'));
