import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { report } from '../measurement.ts';

// node jobs/strace-readline.js FILE: every line split by a regular expression, calls counted by name. It accounts nothing.
const LINE = /^(\d+) +(\d+\.\d+) (?:<\.\.\. )?(\w+)(?: resumed>)?.*?(?:= (-?\w+))?/;
const [file = ''] = process.argv.slice(2);
const calls = new Map<string, number>();
let last = 0;
for await (const line of createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity })) {
  const match = LINE.exec(line);
  if (match === null) continue;
  last = Number(match[2]);
  calls.set(match[3]!, (calls.get(match[3]!) ?? 0) + 1);
}
console.error(`${calls.size} kinds of lines up to ${last}`);
const { user, system } = process.cpuUsage();
report({ units: statSync(file).size, cpuNs: (user + system) * 1000, wallNs: performance.now() * 1e6 });
