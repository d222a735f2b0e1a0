import { PAGE } from '../model/flags.ts';
import type { Holding } from './holding.ts';
import { mapsByProcess } from './process-references.ts';

/** A mapping whose pages page tables count; [begin, end) are bytes of the buffer, whole pages. */
export interface PageMapping {
  readonly process: number;
  readonly buffer: number;
  /** Row of `maps`. */
  readonly map: number;
  readonly begin: number;
  readonly end: number;
}

/** The mappings in /proc/[pid]/smaps that have pages; what lies beyond the end of the buffer has none. */
export function pageMappings({ snapshot, pages }: Holding): readonly PageMapping[] {
  const { maps, processes } = snapshot;
  const mapsOf = mapsByProcess(snapshot);
  const found: PageMapping[] = [];
  for (let process = 0; process < processes.length; process++) {
    for (const map of mapsOf(process)) {
      if (maps.io[map] === true) continue;
      const buffer = maps.buffer[map] ?? -1;
      const size = Math.ceil((pages.reach[buffer] ?? 0) / PAGE) * PAGE;
      const begin = maps.offset[map] ?? 0;
      const end = Math.min(begin + (maps.bytes[map] ?? 0), size);
      if (end > begin) found.push({ process, buffer, map, begin, end });
    }
  }
  return found;
}
