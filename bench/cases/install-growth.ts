import type { BenchCase } from '../case.ts';
import { cpuPer, MEGA_PER_SECOND } from '../figures.ts';
import { contestants } from '../variants.ts';
import { installWorkload } from '../workload/micro.ts';

export const installGrowth: BenchCase = {
  name: 'install-growth',
  title: 'install and uninstall, in turn, in one process that holds much',
  sections: (context) => {
    const sizes = context.smoke ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000];
    const events = context.smoke ? 20_000 : 2_000_000;
    return sizes.map((handles) => ({
      title: `${handles} handles in the process`,
      figures: [cpuPer('event'), MEGA_PER_SECOND],
      variants: contestants(installWorkload(context.workloads, handles, events)),
    }));
  },
};
