import type { AddressSpace } from '../model/address-space.ts';
import type { Kernel } from '../model/kernel.ts';
import { PAGE, VMA } from '../model/flags.ts';
import { isPrivateCopy } from '../model/resident.ts';
import type { Vma } from '../model/vma.ts';

/** A page's fixed-point fraction of a byte (PSS_SHIFT). */
const PSS_SHIFT = 12;

/** Of the pages of one mapping that are in memory; bytes. */
export interface PageShares {
  readonly rss: number;
  /** Each page divided by how often it is mapped, in 4096ths of a byte. */
  readonly pss: number;
  /** Mapped once, and more than once. */
  readonly private: number;
  readonly shared: number;
}

/** How the pages of a mapping are shared with other mappings, in all address spaces (smaps_account, page_mapcount). */
export function pageShares(kernel: Kernel, mm: AddressSpace, vma: Vma): PageShares {
  const none = { rss: 0, pss: 0, private: 0, shared: 0 };
  if ((vma.flags & VMA.noExpand) !== 0) return none;
  const own = touchedOffsets(mm, vma);
  if (own.length === 0) return none;
  const all = isPrivateCopy(vma) ? own : spacesOf(kernel).flatMap((space) => offsetsOf(space, vma));
  const shares = { ...none };
  for (const [from, to] of own) {
    const cuts = new Set([from, to]);
    for (const edge of all.flat()) if (edge > from && edge < to) cuts.add(edge);
    const edges = [...cuts].sort((a, b) => a - b);
    for (let at = 0; at + 1 < edges.length; at++) {
      const [start = 0, end = 0] = [edges[at], edges[at + 1]];
      const mappers = all.filter(([low, high]) => low <= start && end <= high).length;
      shares.rss += end - start;
      shares.pss += ((end - start) / PAGE) * Math.floor((PAGE * 2 ** PSS_SHIFT) / mappers);
      shares[mappers > 1 ? 'shared' : 'private'] += end - start;
    }
  }
  return shares;
}

function spacesOf(kernel: Kernel): readonly AddressSpace[] {
  return [...new Set([...kernel.tasks()].filter((task) => task.alive).map((task) => task.mm))];
}

/** Where in its buffer an address space has touched what `vma` maps. */
function offsetsOf(space: AddressSpace, vma: Vma): readonly (readonly [number, number])[] {
  return space.vmas
    .filter((other) => other.buffer === vma.buffer && !isPrivateCopy(other))
    .flatMap((other) => touchedOffsets(space, other));
}

function touchedOffsets(mm: AddressSpace, vma: Vma): readonly (readonly [number, number])[] {
  const by = vma.offset - vma.start;
  return mm.touched.within(vma.start, vma.end).map(({ start, end }) => [start + by, end + by]);
}
