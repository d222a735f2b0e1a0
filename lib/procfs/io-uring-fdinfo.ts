/**
 * What /proc/[pid]/fdinfo/N has, after the common lines, for an io_uring. Linux: io_uring_show_fdinfo() in
 * io_uring/fdinfo.c, with no request under way. 6.12 prints a file's
 * dentry name as it is (`dmabuf`), 6.18 its path, escaped (`/dmabuf:cam`).
 */

import { decimalFigure } from './figure.ts';

/** A slot that has a file; the kernel leaves empty ones out. */
export interface RegisteredFile {
  readonly slot: number;
  /** Name of its dentry, or its path: what the form says. */
  readonly name: string;
}

export type IoUringForm = 'name' | 'path';

export interface IoUringFdinfo {
  /** Powers of two. */
  readonly sqEntries: number;
  readonly cqEntries: number;
  /** Slots of the table of registered files, full and empty. */
  readonly slots: number;
  readonly files: readonly RegisteredFile[];
}

/**
 * The lines after `ino:`, each with its newline.
 *
 * @example
 * formatIoUringFdinfo({ sqEntries: 4, cqEntries: 8, slots: 1, files: [{ slot: 0, name: 'dmabuf' }] }).includes('    0: dmabuf\n') === true
 */
export function formatIoUringFdinfo(ring: IoUringFdinfo, form: IoUringForm = 'name'): string {
  const files = ring.files.map(
    ({ slot, name }) => `${String(slot).padStart(5)}: ${form === 'path' ? escapeSeq(name) : name}\n`,
  );
  return (
    `SqMask:\t0x${(ring.sqEntries - 1).toString(16)}\nSqHead:\t0\nSqTail:\t0\nCachedSqHead:\t0\n` +
    `CqMask:\t0x${(ring.cqEntries - 1).toString(16)}\nCqHead:\t0\nCqTail:\t0\nCachedCqTail:\t0\n` +
    'SQEs:\t0\nCQEs:\t0\nSqThread:\t-1\nSqThreadCpu:\t-1\nSqTotalTime:\t0\nSqWorkTime:\t0\n' +
    `UserFiles:\t${ring.slots}\n${files.join('')}UserBufs:\t0\nPollList:\nCqOverflowList:\nNAPI:\tdisabled\n`
  );
}

const FIELD = /^(SqMask|CqMask|UserFiles):[\t ]*(0x[0-9a-f]+|\d+)$/;
const FILE = /^ *(\d+): (.*)$/;

/**
 * Reads what a fdinfo file has (`Fdinfo.other`, or the whole text) of an io_uring.
 *
 * @returns null if it is of something else.
 * @example
 * parseIoUringFdinfo(formatIoUringFdinfo({ sqEntries: 4, cqEntries: 8, slots: 0, files: [] }))?.cqEntries === 8
 */
export function parseIoUringFdinfo(text: string, form: IoUringForm = 'name'): IoUringFdinfo | null {
  const fields = new Map<string, number>();
  const files: RegisteredFile[] = [];
  let within = false;
  for (const row of text.split('\n')) {
    const field = FIELD.exec(row);
    const file: RegExpExecArray | null = within && field === null ? FILE.exec(row) : null;
    if (field !== null) fields.set(field[1] ?? '', decimalFigure(field[2] ?? ''));
    if (file !== null) {
      const name = file[2] ?? '';
      files.push({ slot: decimalFigure(file[1] ?? ''), name: form === 'path' ? unescapeSeq(name) : name });
    }
    within = field?.[1] === 'UserFiles' || file !== null;
  }
  const [sqMask, cqMask, slots] = [fields.get('SqMask'), fields.get('CqMask'), fields.get('UserFiles')];
  if (sqMask === undefined || cqMask === undefined || slots === undefined) return null;
  return { sqEntries: sqMask + 1, cqEntries: cqMask + 1, slots, files };
}

/** seq_file_path with its set of characters to escape: blank, tab, newline and backslash. */
function escapeSeq(path: string): string {
  return path.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function unescapeSeq(path: string): string {
  return path.replace(/\\(040|011|012|134)/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
