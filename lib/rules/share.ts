import type { Holding } from './holding.ts';

/** Bytes that the same holders hold: `holders` are leading process rows, valid during the call only. */
export type ShareVisitor = (bytes: number, holders: readonly number[]) => void;

/** Cuts all held pages into pieces held by the same holders: no page is in two pieces. */
export function forEachShare(holding: Holding, visit: ShareVisitor): void {
  const {
    holders: { begin, process },
    pages: sets,
  } = holding;
  for (let buffer = 0; buffer < sets.set.length; buffer++) {
    if (sets.set[buffer] !== buffer) continue;
    const aliases = sets.aliases.get(buffer);
    if (aliases !== undefined) {
      visitLayers(holding, aliases, visit);
      continue;
    }
    const from = begin[buffer] ?? 0;
    const to = begin[buffer + 1] ?? 0;
    if (to > from) visit(sets.reach[buffer] ?? 0, Array.prototype.slice.call(process, from, to) as number[]);
  }
}

/** Holders of one page set reach different distances: the first bytes are shared by all, the last by few. */
function visitLayers(holding: Holding, aliases: readonly number[], visit: ShareVisitor): void {
  const {
    holders: { begin, process },
    pages,
  } = holding;
  const reaches = new Map<number, number>();
  for (const buffer of aliases) {
    const reach = pages.reach[buffer] ?? 0;
    for (let i = begin[buffer] ?? 0; i < (begin[buffer + 1] ?? 0); i++) {
      const holder = process[i] ?? 0;
      if (reach >= (reaches.get(holder) ?? 0)) reaches.set(holder, reach);
    }
  }
  const sorted = [...reaches].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  let below = 0;
  sorted.forEach(([, reach], i) => {
    if (reach > below)
      visit(
        reach - below,
        sorted.slice(i).map(([holder]) => holder),
      );
    below = reach;
  });
}
