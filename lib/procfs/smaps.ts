/** /proc/[pid]/smaps and smaps_rollup. Linux 6.12: show_smap() and show_smaps_rollup() in fs/proc/task_mmu.c. */

import { decimalFigure } from './figure.ts';
import { formatMapsLine, parseMapsLine } from './maps.ts';
import type { MapsLine } from './maps.ts';

/** Figures by key, in kB, in the order of the file: `Rss`, `Pss` … */
export type SmapsFigures = Readonly<Record<string, number>>;

export interface SmapsMapping {
  readonly line: MapsLine;
  /** From `Size` to `Locked`. */
  readonly figures: SmapsFigures;
  readonly thpEligible: number;
  /** null: no memory protection keys. */
  readonly protectionKey: number | null;
  /** Pairs of letters: `rd`, `wr`, `sh` … */
  readonly flags: readonly string[];
}

/** Keys of smaps_rollup; smaps has the same but for Pss_Anon, Pss_File and Pss_Shmem. */
export const ROLLUP_KEYS = [
  'Rss',
  'Pss',
  'Pss_Dirty',
  'Pss_Anon',
  'Pss_File',
  'Pss_Shmem',
  'Shared_Clean',
  'Shared_Dirty',
  'Private_Clean',
  'Private_Dirty',
  'Referenced',
  'Anonymous',
  'KSM',
  'LazyFree',
  'AnonHugePages',
  'ShmemPmdMapped',
  'FilePmdMapped',
  'Shared_Hugetlb',
  'Private_Hugetlb',
  'Swap',
  'SwapPss',
  'Locked',
] as const;

/** Keys of smaps. */
export const SMAPS_KEYS = [
  'Size',
  'KernelPageSize',
  'MMUPageSize',
  ...ROLLUP_KEYS.filter((key) => !/^Pss_[AFS]/.test(key)),
] as const;

/** `Rss:                 908 kB`: the figure ends in column 24. */
function formatFigures(figures: SmapsFigures): string {
  return Object.entries(figures)
    .map(([key, value]) => `${key}:${String(value).padStart(23 - key.length)} kB\n`)
    .join('');
}

export function formatSmaps(mappings: Iterable<SmapsMapping>): string {
  let text = '';
  for (const { line, figures, thpEligible, protectionKey, flags } of mappings) {
    text += formatMapsLine(line) + formatFigures(figures) + `THPeligible:    ${String(thpEligible).padStart(8)}\n`;
    if (protectionKey !== null) text += `ProtectionKey:  ${String(protectionKey).padStart(8)}\n`;
    text += `VmFlags: ${flags.map((flag) => `${flag} `).join('')}\n`;
  }
  return text;
}

export interface ParsedSmaps {
  readonly mappings: readonly SmapsMapping[];
  /** Lines that were not understood, as they stand. */
  readonly ignored: readonly string[];
}

export function parseSmaps(text: string): ParsedSmaps {
  const mappings: SmapsMapping[] = [];
  const ignored: string[] = [];
  let open: { line: MapsLine; figures: Record<string, number>; thp: number; key: number | null } | null = null;
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const figure = /^(\w+): +(\d+) kB$/.exec(row);
    const plain = /^(THPeligible|ProtectionKey): +(\d+)$/.exec(row);
    const flags = /^VmFlags:((?: \w\w)*) ?$/.exec(row);
    const line = parseMapsLine(row);
    if (line !== null) open = { line, figures: {}, thp: 0, key: null };
    else if (open !== null && figure !== null) open.figures[figure[1] ?? ''] = decimalFigure(figure[2] ?? '');
    else if (open !== null && plain?.[1] === 'THPeligible') open.thp = decimalFigure(plain[2] ?? '');
    else if (open !== null && plain !== null) open.key = decimalFigure(plain[2] ?? '');
    else if (open !== null && flags !== null) {
      const words = (flags[1] ?? '').split(' ').filter(Boolean);
      mappings.push({
        line: open.line,
        figures: open.figures,
        thpEligible: open.thp,
        protectionKey: open.key,
        flags: words,
      });
      open = null;
    } else ignored.push(row);
  }
  return { mappings, ignored };
}

export interface SmapsRollup {
  /** From the first mapping's start to the last one's end. */
  readonly start: number;
  readonly end: number;
  readonly figures: SmapsFigures;
}

/** The file; its one line of maps is made up (`---p 00000000 00:00 0 [rollup]`). */
export function formatSmapsRollup({ start, end, figures }: SmapsRollup): string {
  const rollup = { start, end, perms: '---p', offset: 0, dev: '0:0', inode: 0, path: '[rollup]', deleted: false };
  return formatMapsLine(rollup) + formatFigures(figures);
}

/** null: not this file. */
export function parseSmapsRollup(text: string): SmapsRollup | null {
  const [first = '', ...rows] = text.split('\n');
  const line = parseMapsLine(first);
  if (line?.path !== '[rollup]') return null;
  const figures: Record<string, number> = {};
  for (const row of rows) {
    const figure = /^(\w+): +(\d+) kB$/.exec(row);
    if (figure !== null) figures[figure[1] ?? ''] = decimalFigure(figure[2] ?? '');
  }
  return { start: line.start, end: line.end, figures };
}
