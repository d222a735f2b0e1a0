import { report } from '../measurement.ts';
import { Stopwatch } from '../stopwatch.ts';
import { ModelMix } from '../workload/model-mix.ts';

// node jobs/model-mix.js OPERATIONS SEED [posted|off]: the mix of operations of workload/model-mix.ts.
const [operations = '0', seed = '1', variant = ''] = process.argv.slice(2);
const mix = new ModelMix(Number(seed), {
  semantics: variant === 'posted' ? 'posted' : 'intended',
  memtrack: variant === 'off' ? 'off' : 'on',
});
mix.run(Math.min(Number(operations), 500_000)); // so that it is compiled and in its steady state
const watch = new Stopwatch();
watch.start();
mix.run(Number(operations));
report({ units: Number(operations), ...watch.stop() });
