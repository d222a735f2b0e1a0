import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { report } from '../measurement.ts';

// node jobs/command.js UNITS SCRIPT ARGS…: runs a Node program from start to end, its output thrown away.
const [units = '1', ...argv] = process.argv.slice(2);
const reporter = fileURLToPath(new URL('./report-exit.js', import.meta.url));
const child = spawnSync(process.execPath, ['--import', reporter, ...argv], {
  stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
});
if (child.status !== 0) {
  console.error(`${argv.join(' ')} ended with ${child.status ?? child.signal}`);
  process.exit(1);
}
const { cpuNs, wallNs } = JSON.parse(String(child.output[3])) as { cpuNs: number; wallNs: number };
report({ units: Number(units), cpuNs, wallNs });
