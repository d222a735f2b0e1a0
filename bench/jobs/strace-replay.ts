import { openTrace, replay } from '../../lib/index.ts';
import { report } from '../measurement.ts';

// node jobs/strace-replay.js FILE LINES: decodes and replays a recording, and takes a snapshot of its end.
const [file = '', lines = '0'] = process.argv.slice(2);
const cpu = process.cpuUsage();
const clock = process.hrtime.bigint();
using replayed = await replay(await openTrace(file));
replayed.snapshot();
const { user, system } = process.cpuUsage(cpu);
report({
  units: Number(lines),
  cpuNs: (user + system) * 1000,
  wallNs: Number(process.hrtime.bigint() - clock),
  rssBytes: process.resourceUsage().maxRSS * 1024,
});
