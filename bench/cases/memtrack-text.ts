import type { BenchCase } from '../case.ts';
import { cpuPer } from '../figures.ts';
import { nativeVariant, nodeVariant } from '../variants.ts';

export const memtrackText: BenchCase = {
  name: 'memtrack-text',
  title: 'the text of one /proc/[pid]/memtrack, per line',
  sections: (context) => {
    const sizes = context.smoke ? [1000] : [1000, 10_000];
    return sizes.map((rows) => {
      const times = String((context.smoke ? 100_000 : 10_000_000) / rows);
      const args = [String(rows), times];
      return {
        title: `${rows} lines`,
        figures: [cpuPer('line')],
        variants: [
          nodeVariant('memtrack, into a buffer', 'memtrack', 'memtrack-text', 'into', ...args),
          nodeVariant('memtrack, as a string', 'memtrack', 'memtrack-text', 'string', ...args),
          nodeVariant('JS padStart, rows in order', 'rival', 'memtrack-text', 'pad-start', ...args),
          nativeVariant('C++ snprintf, rows in order', 'rival', 'text_rival', ...args),
        ],
      };
    });
  },
};
