import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { BenchCase } from '../case.ts';
import { nodeVariant } from '../variants.ts';
import { ensureRepeated } from '../workload/repeat-strace.ts';

export const straceReplay: BenchCase = {
  name: 'strace-replay',
  title: 'a system trace replayed: 10 million lines of strace to the state at their end',
  sections: (context) => {
    const recording = join(context.root, 'test/captures/strace-python/python.strace.gz');
    const text = gunzipSync(readFileSync(recording)).toString();
    const bytesPerLine = text.length / (text.split('\n').length - 1);
    const wanted = context.smoke ? 20_000 : 10_000_000;
    const file = ensureRepeated(context.workloads, recording, Math.ceil(wanted * bytesPerLine));
    const lines = Math.round(statSync(file).size / bytesPerLine);
    return [
      {
        title: `${lines} lines, ${(statSync(file).size / 1e6).toFixed(0)} MB`,
        figures: [
          { unit: 'M events/s by CPU time', more: true, of: (m) => (m.units / m.cpuNs) * 1000 },
          { unit: 'M events/s by the clock', more: true, of: (m) => (m.units / m.wallNs) * 1000 },
          { unit: 'MiB resident at most', of: (m) => (m.rssBytes ?? Number.NaN) / 2 ** 20 },
        ],
        variants: [nodeVariant('memtrack', 'memtrack', 'strace-replay', file, String(lines))],
      },
    ];
  },
};
