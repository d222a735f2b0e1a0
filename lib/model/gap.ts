import type { Vma } from './vma.ts';

/** Where mappings begin to be placed downwards from (mmap_base without randomisation), and what stays below all of them. */
const MMAP_BASE = 0x7fff_f7ff_f000;
const MMAP_MIN = 0x1_0000;

/** The highest start below mmap_base at which `length` bytes are free among VMAs in ascending order; -1 if there is none. */
export function topGap(vmas: readonly Vma[], length: number): number {
  let ceiling = MMAP_BASE;
  for (let at = vmas.length - 1; at >= 0; at--) {
    const vma = vmas[at]!;
    if (vma.start >= ceiling) continue;
    if (ceiling - vma.end >= length) return ceiling - length;
    ceiling = vma.start;
  }
  return ceiling - length >= MMAP_MIN ? ceiling - length : -1;
}
