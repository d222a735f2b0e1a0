import type { BenchCase } from '../case.ts';
import { cpuPer } from '../figures.ts';
import { nativeVariant, nodeVariant } from '../variants.ts';
import { OPERATIONS, type OperationName } from '../workload/model-operations.ts';

/** Calls, and how they are named: those that copy or end 1,300 references are fewer. */
const SIZES: Readonly<Record<OperationName, readonly [count: number, unit: string]>> = {
  fork: [2000, 'fork'],
  exit: [2000, 'exit'],
  exec: [1000, 'exec'],
  dup: [500_000, 'dup'],
  close: [500_000, 'close'],
  mmap: [200_000, 'mmap'],
  munmap: [200_000, 'munmap'],
  alloc: [200_000, 'buffer'],
  message: [200_000, 'message'],
};

export const modelOperations: BenchCase = {
  name: 'model-operations',
  title: 'one operation of the model, the accounting of it included, beside the plain system call here',
  sections: (context) =>
    OPERATIONS.map((name) => {
      const [full, unit] = SIZES[name];
      const count = String(context.smoke ? Math.ceil(full / 100) : full);
      return {
        title: `${name}, by a process with 1,000 descriptors and 300 mappings`,
        figures: [cpuPer(unit)],
        variants: [
          nodeVariant('memtrack', 'memtrack', 'model-operation', name, count, String(context.seed)),
          {
            ...nativeVariant('the system call itself, of memfds', 'limit', 'system_calls', name, count),
            unchecked: true,
          },
        ],
      };
    }),
};
