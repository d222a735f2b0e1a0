import type { BenchCase } from '../case.ts';
import { bytesPer, cpuPer } from '../figures.ts';
import { contestants } from '../variants.ts';
import { manyHandlesWorkload } from '../workload/micro.ts';

export const bytesPerHandle: BenchCase = {
  name: 'bytes-per-handle',
  title:
    'memory of a handle: growth of the resident set while handles are installed (a posted memtrack_handle has 64 bytes)',
  sections: (context) => {
    const handles = context.smoke ? 100_000 : 10_000_000;
    return [
      {
        title: `${handles} handles, 1,000 per process, 2 per buffer; processes and buffers were there before`,
        figures: [bytesPer('handle'), cpuPer('install')],
        variants: contestants(manyHandlesWorkload(context.workloads, handles)),
      },
    ];
  },
};
