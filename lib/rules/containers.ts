import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';

/** Charges what the containers of a kind have by handles to the processes that `users` names. */
export function chargeContainers(
  holding: Holding,
  rule: string,
  kind: 'drm-file' | 'ion-client',
  users: (processes: Holding['snapshot']['processes']) => readonly (readonly number[])[],
): Charges {
  const { snapshot, pages } = holding;
  const { processes, containers, handles } = snapshot;
  const wanted = new Set(containers.id.filter((_, row) => containers.kind[row] === kind));
  const rows = new Map<number, number[]>();
  handles.container.forEach((id, row) => {
    if (handles.via[row] !== 'handle' || !wanted.has(id)) return;
    rows.set(id, [...(rows.get(id) ?? []), row]);
  });
  const sheet = new ChargeSheet(holding);
  const reached = users(processes);
  for (let process = 0; process < processes.length; process++) {
    for (const id of reached[process] ?? []) {
      for (const row of rows.get(id) ?? []) {
        const buffer = handles.buffer[row] ?? 0;
        sheet.charge(process, buffer, pages.reach[buffer] ?? 0);
      }
    }
  }
  return sheet.finish(rule);
}
