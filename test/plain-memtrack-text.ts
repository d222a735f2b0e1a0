/** /proc/[pid]/memtrack after the whole series, written down plainly from columns: what the core's fast text must equal. */
import type { VmaState } from './state.ts';
import { VM } from '../lib/core/record.ts';

export interface PlainRow {
  readonly userspaceHandles: number;
  readonly id: number;
  readonly size: number;
  /** null: no tag, which an empty one is not: it shows as a blank after a mapping. */
  readonly tag: string | null;
  readonly vmas: readonly VmaState[];
}

const HEADER = ' ref_count:       Identifier:         size:          tag:    startAddr-endAddr: Flags:    pgOff: pid:';

/** Widths count bytes, as printf does. */
export function plainMemtrackText(pid: number, rows: readonly PlainRow[]): string {
  if (rows.length === 0) return '';
  const lines = rows.flatMap(({ userspaceHandles, id, size, tag, vmas }) => [
    [right(userspaceHandles, 10), right(id, 16), right(size, 12), right(tag ?? '', 12)].join('  '),
    ...vmas.map((vma) => `${mapping(vma)}${tag === null ? '' : ` ${tag}`}`),
  ]);
  return [`${HEADER}${pid}`, ...lines, ''].join('\n');
}

function right(value: number | string, width: number): string {
  const text = String(value);
  return ' '.repeat(Math.max(0, width - Buffer.byteLength(text))) + text;
}

function mapping({ start, end, offset, flags }: VmaState): string {
  const shown = [VM.read, VM.write, VM.exec].map((bit, at) => ((flags & bit) === 0 ? '-' : 'rwx'[at]));
  const perms = shown.join('') + ((flags & VM.shared) === 0 ? 'p' : 's') + ((flags & VM.io) === 0 ? '-' : '#');
  return `${start.toString(16).padStart(68)}-${hex(end)}  ${perms}  ${hex(offset)}`;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
