import type { BufinfoObject } from './bufinfo.ts';
import { decimalFigure } from './figure.ts';

export interface ParsedBufinfo {
  readonly objects: readonly BufinfoObject[];
  /** What the last line says; null: the dump is cut off. */
  readonly total: { readonly objects: number; readonly bytes: number } | null;
  /** Lines that were not understood, as they stand. */
  readonly ignored: readonly string[];
  /** Where the total and what was read do not agree. */
  readonly problems: readonly string[];
}

// Four padded figures are longer than a name can be (31 bytes), so no name can forge the start of a row.
const ROW = /^\d{8,}[\t ]+[0-9a-f]{8,}[\t ]+[0-9a-f]{8,}[\t ]+-?\d{7,}(?:[\t ]|$)/;
const DEVICES = /^Total (\d+) devices attached$/;
const TOTAL = /^Total (\d+) objects, (\d+) bytes$/;
const FENCE =
  /^[\t ]+(?:(?:kernel|write|read|bookkeep|Exclusive|Shared) fence:) ?\S+ \S+ (?:seq \d+ )?(?:un)?signalled$/;

/**
 * Reads a dump of bufinfo; columns may be apart by tabs or by runs of blanks, `ino` and `name` may be missing
 * (before 5.3), and the end may be cut off. A name may hold newlines: it reaches to the object's fences and
 * attached devices, which are found by their count.
 *
 * @returns null if the text is not bufinfo.
 */
export function parseBufinfo(text: string): ParsedBufinfo | null {
  const lines = text.split('\n');
  let at = lines.findIndex((line) => line.trim() === 'Dma-buf Objects:') + 1;
  if (at === 0) return null;
  const columns = (lines[at] ?? '').trim().split(/\s+/);
  if (columns[0] === 'size') at++;

  const objects: BufinfoObject[] = [];
  const ignored: string[] = [];
  let total: ParsedBufinfo['total'] = null;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const trailer = TOTAL.exec(line);
    if (ROW.test(line)) {
      const end = findDevices(lines, at);
      objects.push(readObject(lines.slice(at, end + 1), columns));
      at = end;
    } else if (trailer !== null) {
      total = { objects: decimalFigure(trailer[1] ?? ''), bytes: decimalFigure(trailer[2] ?? '') };
    } else if (line.trim() !== '') {
      ignored.push(line);
    }
    at++;
  }
  return { objects, total, ignored, problems: check(objects, total) };
}

/** Index of the line that counts the devices of the object whose row is at `row`; `row` itself if it is missing. */
function findDevices(lines: readonly string[], row: number): number {
  for (let at = row + 1; at < lines.length && !ROW.test(lines[at] ?? ''); at++) {
    const match = DEVICES.exec(lines[at] ?? '');
    if (match === null) continue;
    const heading = at - Number(match[1]) - 1;
    if (heading > row && lines[heading]?.trim() === 'Attached Devices:') return at;
  }
  return row;
}

function readObject(block: readonly string[], columns: readonly string[]): BufinfoObject {
  const devices = Number(DEVICES.exec(block.at(-1) ?? '')?.[1] ?? 0);
  let end = block.length === 1 ? 1 : block.length - devices - 2;
  const attachments = block.length === 1 ? [] : block.slice(end + 1, -1).map((line) => line.replace(/^[\t ]+/, ''));
  const fences: string[] = [];
  while (end > 1 && FENCE.test(block[end - 1] ?? '')) fences.unshift((block[--end] ?? '').trim());
  return { ...readRow(block.slice(0, end).join('\n'), columns), fences, attachments };
}

function readRow(row: string, columns: readonly string[]): Omit<BufinfoObject, 'fences' | 'attachments'> {
  const tabs = row.includes('\t');
  // Kernels that print no inode print no name; the first that did had no heading for it.
  const hasInode = columns.includes('ino');
  const cells: string[] = [];
  let rest: string | null = row;
  while (cells.length < (hasInode ? 6 : 5) && rest !== null) {
    const gap: RegExpExecArray | null = (tabs ? /\t/ : /[\t ]+/).exec(rest);
    cells.push((gap === null ? rest : rest.slice(0, gap.index)).trim());
    rest = gap === null ? null : rest.slice(gap.index + gap[0].length);
  }
  const ino = hasInode ? cells[5] : undefined;
  return {
    size: decimalFigure(cells[0] ?? ''),
    flags: parseInt(cells[1] ?? '', 16),
    mode: parseInt(cells[2] ?? '', 16),
    count: decimalFigure(cells[3] ?? ''),
    exporter: cells[4] ?? '',
    inode: ino === undefined ? null : decimalFigure(ino),
    name: !hasInode || rest === '<none>' ? null : rest,
  };
}

function check(objects: readonly BufinfoObject[], total: ParsedBufinfo['total']): string[] {
  if (total === null) return ['there is no total: the dump is cut off'];
  const problems: string[] = [];
  const bytes = objects.reduce((sum, object) => sum + object.size, 0);
  if (total.objects !== objects.length)
    problems.push(`the total says ${total.objects} objects, ${objects.length} were read`);
  if (total.bytes !== bytes) problems.push(`the total says ${total.bytes} bytes, the objects read have ${bytes}`);
  return problems;
}
