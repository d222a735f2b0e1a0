import type { BenchCase } from '../case.ts';
import { cpuPer } from '../figures.ts';
import { nativeVariant } from '../variants.ts';

export const lowestFreeId: BenchCase = {
  name: 'lowest-free-id',
  title: 'free a random id and allocate the lowest free one (a pair)',
  sections: (context) => {
    const sizes = context.smoke ? [20_000] : [20_000, 1_000_000, 10_000_000];
    const pairs = String(context.smoke ? 20_000 : 5_000_000);
    return sizes.map((live) => ({
      title: `${live} live ids`,
      figures: [cpuPer('pair')],
      variants: [
        nativeVariant('memtrack', 'memtrack', 'lowest_free_id_bench', 'memtrack', String(live), pairs),
        nativeVariant('std::set of free ids', 'rival', 'lowest_free_id_bench', 'std-set', String(live), pairs),
        nativeVariant('binary heap of free ids', 'rival', 'lowest_free_id_bench', 'heap', String(live), pairs),
      ],
    }));
  },
};
