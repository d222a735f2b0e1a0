import type { BenchCase } from '../case.ts';
import { cpuPer, wallPer } from '../figures.ts';
import { nodeVariant } from '../variants.ts';

export const modelMix: BenchCase = {
  name: 'model-mix',
  title: 'a seeded mix of operations by 64 processes of a modelled machine',
  sections: (context) => {
    const operations = String(context.smoke ? 100_000 : 10_000_000);
    const variant = (name: string, ...how: readonly string[]) =>
      nodeVariant(name, 'memtrack', 'model-mix', operations, String(context.seed), ...how);
    return [
      {
        title: `${operations} operations: alloc, dup, close, mmap, munmap, mprotect, messages, fork, exec, exit`,
        figures: [
          cpuPer('operation'),
          wallPer('operation'),
          { unit: 'M operations/s', more: true, of: (m) => (m.units / m.cpuNs) * 1000 },
        ],
        variants: [
          variant('memtrack'),
          variant('memtrack, posted', 'posted'),
          variant('memtrack, no accounting', 'off'),
        ],
      },
    ];
  },
};
