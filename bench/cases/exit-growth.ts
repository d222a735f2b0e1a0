import type { BenchCase, Context, Section } from '../case.ts';
import { wallPer } from '../figures.ts';
import { contestants } from '../variants.ts';
import { endWorkload, processesFor } from '../workload/micro.ts';

function sections(context: Context, how: 'exit' | 'fork'): readonly Section[] {
  const sizes = context.smoke ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000];
  return sizes.map((handles) => ({
    title: `${handles} handles in the process, ${processesFor(handles)} such processes`,
    figures: [wallPer('handle', handles)],
    variants: contestants(endWorkload(context.workloads, how, handles)),
  }));
}

export const exitGrowth: BenchCase = {
  name: 'exit-growth',
  title: 'exit of a process, per handle it held',
  sections: (context) => sections(context, 'exit'),
};

export const forkGrowth: BenchCase = {
  name: 'fork-growth',
  title: 'fork of a process, per handle copied',
  sections: (context) => sections(context, 'fork'),
};
