import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase } from '../case.ts';
import { nodeVariant } from '../variants.ts';
import { ensureRepeated } from '../workload/repeat-strace.ts';

export const straceToAnswer: BenchCase = {
  name: 'strace-to-answer',
  title: 'strace text to the answer as JSON, the start of the process included',
  sections: (context) => {
    const recording = join(context.root, 'test/captures/strace-python/python.strace.gz');
    const file = ensureRepeated(context.workloads, recording, context.smoke ? 1_000_000 : 200_000_000);
    const bytes = statSync(file).size;
    return [
      {
        title: `${(bytes / 1e6).toFixed(1)} MB: a real recording repeated with its pids and times shifted`,
        figures: [
          { unit: 'MB/s by the clock', more: true, of: (m) => (m.units / m.wallNs) * 1000 },
          { unit: 'MB/s by CPU time', more: true, of: (m) => (m.units / m.cpuNs) * 1000 },
        ],
        variants: [
          nodeVariant(
            'memtrack replay --json',
            'memtrack',
            'command',
            String(bytes),
            join(context.root, 'dist/cli/main.js'),
            'replay',
            file,
            '--json',
          ),
          nodeVariant('JS readline and a regular expression, no account', 'rival', 'strace-readline', file),
          nodeVariant('bare scan for line ends (limit)', 'limit', 'strace-scan', file),
        ],
      },
    ];
  },
};
