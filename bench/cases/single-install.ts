import type { BenchCase } from '../case.ts';
import { cpuPer } from '../figures.ts';
import { nodeVariant } from '../variants.ts';

export const singleInstall: BenchCase = {
  name: 'single-install',
  title: 'one install or uninstall per call from JavaScript, through the public class',
  sections: (context) => {
    const calls = String(context.smoke ? 80_000 : 8_000_000);
    return [
      {
        title: `40 processes, 1,000 buffers, ${calls} calls`,
        figures: [cpuPer('call')],
        variants: [
          nodeVariant('memtrack', 'memtrack', 'single-install', 'memtrack', calls),
          nodeVariant('JS Map', 'rival', 'single-install', 'js-map', calls),
        ],
      },
    ];
  },
};
