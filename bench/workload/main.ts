import { fileURLToPath } from 'node:url';
import { ensureWorkload } from './ensure.ts';
import { SHAPES } from './shape.ts';

// npm run bench:workload -- NAME [SEED]: makes a workload and prints what its distribution came out as.
const [name = 'android', seed = '1'] = process.argv.slice(2);
if (!(name in SHAPES)) {
  console.error(`usage: bench:workload ${Object.keys(SHAPES).join('|')} [SEED]`);
  process.exit(2);
}
const started = performance.now();
const { path, achieved } = ensureWorkload(
  fileURLToPath(new URL('../../../workload', import.meta.url)),
  name,
  Number(seed),
);
console.log(JSON.stringify(achieved, null, 2));
console.log(`${path} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
