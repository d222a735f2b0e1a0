import type { Operate } from './operate.ts';
import { DESCRIPTORS } from './operate-descriptors.ts';
import { DMA_BUFS } from './operate-dma-bufs.ts';
import { FILES } from './operate-files.ts';
import { GEM } from './operate-gem.ts';
import { HOLDERS } from './operate-holders.ts';
import { MAPPINGS } from './operate-mappings.ts';
import { TASKS } from './operate-tasks.ts';

/** What actors can do, by its word. */
export const OPERATIONS: Readonly<Record<string, Operate>> = {
  ...FILES,
  ...DMA_BUFS,
  ...DESCRIPTORS,
  ...MAPPINGS,
  ...HOLDERS,
  ...GEM,
  ...TASKS,
};
