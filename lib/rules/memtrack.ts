import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';

/**
 * memtrack: the sizes in /proc/[pid]/memtrack added up: every buffer whole for every process with a row of it. A udmabuf and the memfd
 * under it are two rows; a GEM object and its dma-buf are one, as their id is. In `posted` the file may show less: read it. Source: the memtrack series, Kandoi, October 2016.
 */
export function memtrack(holding: Holding): Charges {
  const { snapshot, byProcess, pages } = holding;
  const sheet = new ChargeSheet(holding);
  for (let process = 0; process < snapshot.processes.length; process++) {
    const seen = new Set<number>();
    for (let i = byProcess.begin[process] ?? 0; i < (byProcess.end[process] ?? 0); i++) {
      const buffer = byProcess.buffer[i] ?? 0;
      const id = snapshot.buffers.id[buffer] ?? NaN;
      if (!Number.isNaN(id) && seen.has(id)) sheet.charge(process, buffer, 0);
      else sheet.charge(process, buffer, pages.reach[buffer] ?? 0);
      seen.add(id);
    }
  }
  return sheet.finish('memtrack');
}
