import type { Snapshot } from '../../lib/core/snapshot.ts';

/** The rules written page by page: slow and obvious. Sizes must be small; a byte stands for a page. */
export interface NaiveCharges {
  readonly rss: readonly number[];
  /** As multiples of 1/720720. */
  readonly pss: readonly bigint[];
  readonly uss: readonly number[];
  readonly held: number;
  readonly bytes: number;
}

/** Divisible by 1 to 16. */
export const COMMON = 720720n;

export function naiveCharges({ buffers, processes, fds, maps, handles }: Snapshot): NaiveCharges {
  const rows = Array.from({ length: processes.length }, (_, row) => row);
  const shares = (a: number, b: number): boolean =>
    (processes.tables[a] ?? []).some((id) => (processes.tables[b] ?? []).includes(id)) ||
    (processes.addressSpaces[a] ?? []).some((id) => (processes.addressSpaces[b] ?? []).includes(id)) ||
    (processes.containers[a] ?? []).some((id) => (processes.containers[b] ?? []).includes(id));
  const leader = rows.map((row) => {
    const group = new Set([row]);
    for (let size = 0; size !== group.size;) {
      size = group.size;
      for (const member of group) for (const other of rows) if (shares(member, other)) group.add(other);
    }
    return Math.min(...group);
  });
  const pageNames = (buffer: number): string[] => {
    const root = (buffers.backing[buffer] ?? -1) >= 0 ? (buffers.backing[buffer] ?? -1) : buffer;
    const size = buffers.size[buffer] ?? NaN;
    const bytes = Number.isNaN(size) ? buffers.sizeAtLeast[buffer] || 0 : size;
    return Array.from({ length: bytes }, (_, page) => `${root}/${page}`);
  };
  const held = rows.map((row) => {
    const pages = new Set<string>();
    fds.buffer.forEach((buffer, i) => {
      if ((processes.tables[row] ?? []).includes(fds.table[i] ?? -1))
        for (const page of pageNames(buffer)) pages.add(page);
    });
    maps.buffer.forEach((buffer, i) => {
      if ((processes.addressSpaces[row] ?? []).includes(maps.addressSpace[i] ?? -1))
        for (const page of pageNames(buffer)) pages.add(page);
    });
    handles.buffer.forEach((buffer, i) => {
      if ((processes.containers[row] ?? []).includes(handles.container[i] ?? -1))
        for (const page of pageNames(buffer)) pages.add(page);
    });
    return pages;
  });
  const holders = new Map<string, Set<number>>();
  rows.forEach((row) => {
    for (const page of held[row] ?? []) holders.set(page, (holders.get(page) ?? new Set()).add(leader[row] ?? row));
  });
  const pss = rows.map(() => 0n);
  const uss = rows.map(() => 0);
  for (const set of holders.values()) {
    for (const row of set) {
      pss[row] = (pss[row] ?? 0n) + COMMON / BigInt(set.size);
      if (set.size === 1) uss[row] = (uss[row] ?? 0) + 1;
    }
  }
  const all = new Set(buffers.key.flatMap((_, buffer) => pageNames(buffer)));
  return { rss: held.map((pages) => pages.size), pss, uss, held: holders.size, bytes: all.size };
}
