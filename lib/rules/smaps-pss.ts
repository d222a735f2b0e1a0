import { PAGE } from '../model/flags.ts';
import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import type { Holding } from './holding.ts';
import { type PageMapping, pageMappings } from './page-mappings.ts';

/** PSS_SHIFT: `Pss` is summed up in 4096ths of a byte, each page's share rounded down. */
const UNITS = 4096;

/**
 * smaps-pss: `Pss` of the mappings of buffers in /proc/[pid]/smaps, once every mapped page has been touched: each page divided by the
 * number of mappings of it, as the kernel rounds. Descriptors do not count, nor pages without struct page (VM_IO).
 * Source: smaps_account (mapcount).
 */
export function smapsPss(holding: Holding): Charges {
  const mappings = pageMappings(holding);
  const byBuffer = new Map<number, PageMapping[]>();
  // An address space that processes share has its pages mapped once.
  const counted = new Set<number>();
  for (const mapping of mappings) {
    if (counted.has(mapping.map)) continue;
    counted.add(mapping.map);
    const list = byBuffer.get(mapping.buffer);
    if (list === undefined) byBuffer.set(mapping.buffer, [mapping]);
    else list.push(mapping);
  }
  const units = new Map<number, number>();
  for (const list of byBuffer.values()) share(list, units);

  const sheet = new ChargeSheet(holding);
  for (const { process, buffer, map } of mappings) sheet.charge(process, buffer, (units.get(map) ?? 0) / UNITS, false);
  return sheet.finish('smaps-pss');
}

/** Cuts the buffer where mappings begin and end; pages between two cuts have the same mappings. */
function share(mappings: readonly PageMapping[], units: Map<number, number>): void {
  const cuts = [...new Set(mappings.flatMap(({ begin, end }) => [begin, end]))].sort((a, b) => a - b);
  for (let i = 1; i < cuts.length; i++) {
    const begin = cuts[i - 1] ?? 0;
    const end = cuts[i] ?? 0;
    const here = mappings.filter((mapping) => mapping.begin <= begin && mapping.end >= end);
    const each = ((end - begin) / PAGE) * Math.floor((PAGE * UNITS) / here.length);
    for (const { map } of here) units.set(map, (units.get(map) ?? 0) + each);
  }
}
