import type { BenchCase, Context, Section } from '../case.ts';
import { cpuPer, MEGA_PER_SECOND } from '../figures.ts';
import { contestants, scanLimit } from '../variants.ts';
import { ensureWorkload } from '../workload/ensure.ts';

const FIGURES = [cpuPer('event'), MEGA_PER_SECOND];

function section(context: Context, shape: string, reads: boolean): Section {
  const { path, achieved } = ensureWorkload(context.workloads, shape, context.seed);
  const { atTheEnd: end } = achieved;
  return {
    title:
      `${achieved.events} events, ${end.processes} processes, ${end.buffers} buffers, ${end.handles} handles, ` +
      (reads ? `${achieved.reads} reads of /proc/[pid]/memtrack` : 'no reads'),
    figures: FIGURES,
    variants: [...contestants(path, ...(reads ? [] : ['--no-reads'])), scanLimit(path)],
  };
}

export const applyAndroid: BenchCase = {
  name: 'apply-android',
  title: 'apply, Android-like',
  sections: (context) => {
    const shape = context.smoke ? 'smoke' : 'android';
    return [section(context, shape, true), section(context, shape, false)];
  },
};

export const applyBig: BenchCase = {
  name: 'apply-big',
  title: 'apply, big: the state does not fit in the cache',
  sections: (context) => [section(context, context.smoke ? 'smoke-big' : 'big', true)],
};

export const apply50m: BenchCase = {
  name: 'apply-50m',
  title: 'apply, Android-like, five times longer',
  sections: (context) => [section(context, context.smoke ? 'smoke' : '50m', true)],
};
