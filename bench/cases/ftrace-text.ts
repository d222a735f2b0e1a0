import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, Context, Section } from '../case.ts';
import { nodeVariant } from '../variants.ts';
import { ensureFtraceText } from '../workload/ftrace-text.ts';

const MIXES = [
  { title: 'lines of dma_heap_stat', events: 1_000_000, others: 0 },
  { title: 'lines, 99 % of them of other events', events: 20_000, others: 99 },
] as const;

export const ftraceTextCase: BenchCase = {
  name: 'ftrace-text',
  title: 'ftrace text to records, and to the answer as JSON with the start of the process included',
  sections: (context) => MIXES.map((mix) => sectionOf(context, mix)),
};

function sectionOf(context: Context, { title, events, others }: (typeof MIXES)[number]): Section {
  const count = context.smoke ? events / 100 : events;
  const file = ensureFtraceText(context.workloads, count, others, context.seed);
  const bytes = statSync(file).size;
  return {
    title: `${(bytes / 1e6).toFixed(1)} MB: ${(count * (others + 1)).toLocaleString('en')} ${title}`,
    figures: [
      { unit: 'MB/s by CPU time', more: true, of: (m) => (m.units / m.cpuNs) * 1000 },
      { unit: 'MB/s by the clock', more: true, of: (m) => (m.units / m.wallNs) * 1000 },
    ],
    variants: [
      nodeVariant('memtrack decoder', 'memtrack', 'decode', 'ftrace', file),
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
      nodeVariant('JS readline and a regular expression, sums only', 'rival', 'ftrace-readline', file),
      nodeVariant('bare scan for line ends (limit)', 'limit', 'strace-scan', file),
    ],
  };
}
