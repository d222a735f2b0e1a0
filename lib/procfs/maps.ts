/** /proc/[pid]/maps. Linux: show_map_vma() in fs/proc/task_mmu.c. */

import { decimalFigure } from './figure.ts';

/** One mapping. Addresses and offsets are whole pages, so a number holds even those above 2^53 exactly. */
export interface MapsLine {
  readonly start: number;
  readonly end: number;
  /** `rw-s` */
  readonly perms: string;
  /** Bytes into the file. */
  readonly offset: number;
  /** `major:minor` in decimal, as stat prints it; the text has it in hexadecimal. */
  readonly dev: string;
  readonly inode: number;
  /** null: anonymous. */
  readonly path: string | null;
  /** The kernel added ` (deleted)`. */
  readonly deleted: boolean;
}

/** Column of the path, from 0: 25 + 6 × sizeof(void *) on 64-bit. */
const PATH_COLUMN = 73;
const DELETED = ' (deleted)';

/**
 * One line with its newline. In a path only a newline is escaped, as `\012`.
 *
 * @example
 * formatMapsLine({ start: 0x7f12340000, end: 0x7f12342000, perms: 'rw-s', offset: 0, dev: '0:11', inode: 27, path: '/dmabuf:cam', deleted: false })
 */
export function formatMapsLine(line: MapsLine): string {
  const [major = 0, minor = 0] = line.dev.split(':').map(Number);
  const prefix =
    `${hex(line.start, 8)}-${hex(line.end, 8)} ${line.perms} ${hex(line.offset, 8)} ` +
    `${hex(major, 2)}:${hex(minor, 2)} ${line.inode} `;
  if (line.path === null) return `${prefix}\n`;
  const path = line.path.replaceAll('\n', '\\012');
  return `${prefix.padEnd(PATH_COLUMN - 1)} ${path}${line.deleted ? DELETED : ''}\n`;
}

export function formatMaps(lines: Iterable<MapsLine>): string {
  let text = '';
  for (const line of lines) text += formatMapsLine(line);
  return text;
}

const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16})[\t ]+([r-][w-][x-][sp])[\t ]+([0-9a-f]{1,16})[\t ]+([0-9a-f]+):([0-9a-f]+)[\t ]+(\d+)(?:[\t ]+(.*))?$/s;

/**
 * Reads one line, with or without its newline and with any run of blanks between the columns.
 * Two things cannot be told from the text: `\012` written by the kernel from one in a name, and ` (deleted)`
 * added by the kernel from a name that ends so; a dma-buf never has the latter added.
 *
 * @returns null if it is not a line of maps.
 */
export function parseMapsLine(text: string): MapsLine | null {
  const match = LINE.exec(text.endsWith('\n') ? text.slice(0, -1) : text);
  if (match === null) return null;
  const [, start = '', end = '', perms = '', offset = '', major = '', minor = '', inode = '', rest = ''] = match;
  const deleted = rest.endsWith(DELETED) && !rest.startsWith('/dmabuf:');
  const path = (deleted ? rest.slice(0, -DELETED.length) : rest).replaceAll('\\012', '\n');
  return {
    start: parseInt(start, 16),
    end: parseInt(end, 16),
    perms,
    offset: parseInt(offset, 16),
    dev: `${parseInt(major, 16)}:${parseInt(minor, 16)}`,
    inode: decimalFigure(inode),
    path: path === '' ? null : path,
    deleted,
  };
}

export interface ParsedMaps {
  readonly lines: readonly MapsLine[];
  /** Lines that are not of maps, as they stand. */
  readonly ignored: readonly string[];
}

export function parseMaps(text: string): ParsedMaps {
  const lines: MapsLine[] = [];
  const ignored: string[] = [];
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const line = parseMapsLine(row);
    if (line === null) ignored.push(row);
    else lines.push(line);
  }
  return { lines, ignored };
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}
