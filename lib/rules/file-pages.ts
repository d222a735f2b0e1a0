import { PAGE } from '../model/flags.ts';
import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';
import { fdsByProcess } from './process-references.ts';

/** Charges every descriptor of every process with the pages that `share` makes of those of its file and the file's count. */
export function chargeDescriptors(
  holding: Holding,
  rule: string,
  share: (pages: number, fileCount: number) => number,
): Charges {
  const { snapshot, pages } = holding;
  const sheet = new ChargeSheet(holding);
  const fdsOf = fdsByProcess(snapshot);
  for (let process = 0; process < snapshot.processes.length; process++) {
    for (const row of fdsOf(process)) {
      const buffer = snapshot.fds.buffer[row] ?? -1;
      const refs = snapshot.files.refs[snapshot.fds.file[row] ?? -1] ?? snapshot.buffers.refs[buffer] ?? NaN;
      const size = Math.ceil((pages.reach[buffer] ?? 0) / PAGE);
      sheet.charge(process, buffer, PAGE * share(size, refs >= 1 ? refs : 1));
    }
  }
  return sheet.finish(rule);
}
