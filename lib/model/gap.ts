import type { VmaList } from './vma-list.ts';

/** Where mappings begin to be placed downwards from (mmap_base without randomisation), and what stays below all of them. */
export const MMAP_BASE = 0x7fff_f7ff_f000;
export const MMAP_MIN = 0x1_0000;

/** One past the highest address that a process can map. */
export const TASK_SIZE = 0x7fff_ffff_f000;

/**
 * The highest start at which `length` bytes are free below `ceiling`, where `vmas` are ascending and `last` is the index of the highest
 * that begins below it; -1 if there is none.
 */
export function topGap(vmas: VmaList, last: number, ceiling: number, length: number): number {
  let end = ceiling;
  for (let at = last; at >= 0; at--) {
    if (end - vmas.end(at) >= length) return end - length;
    end = vmas.start(at);
  }
  return end - length >= MMAP_MIN ? end - length : -1;
}
