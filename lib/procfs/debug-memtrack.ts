/** debugfs `memtrack` of the 2016 series (CONFIG_MEMTRACK_DEBUG): every buffer. The core writes it; here it is read. */

import { decimalFigure } from './figure.ts';

export interface DebugMemtrackRow {
  /** pid of the allocator's group leader. */
  readonly pid: number;
  /** Bytes. */
  readonly size: number;
  /** Printed under `ref`. */
  readonly userspaceHandles: number;
  readonly id: number;
  /** null: no tag, or an empty one. */
  readonly tag: string | null;
}

export interface ParsedDebugMemtrack {
  readonly rows: readonly DebugMemtrackRow[];
  /** Lines that were not understood, as they stand. */
  readonly ignored: readonly string[];
}

const HEADER = /^ *pid +buffer_size +ref +Identifier +tag *$/;
// Padded figures are longer than a tag set by ioctl can be (31 bytes), so a tag cannot forge a row.
const ROW = /^ *(-?\d+) ( *\d+) ( *-?\d+) ( *-?\d+) (.*)$/s;
const SHORTEST_LINE = 42;

/**
 * Reads the file; the header is there even when no buffer is.
 *
 * @returns null if the text is not this file.
 */
export function parseDebugMemtrack(text: string): ParsedDebugMemtrack | null {
  const lines = text.split('\n');
  if (!HEADER.test(lines[0] ?? '')) return null;
  if (lines.at(-1) === '') lines.pop();

  const ignored: string[] = [];
  const groups: string[] = [];
  for (const line of lines.slice(1)) {
    if (line.length >= SHORTEST_LINE && ROW.test(line)) groups.push(line);
    else if (groups.length > 0) groups.push(`${groups.pop()}\n${line}`);
    else ignored.push(line);
  }
  return { rows: groups.map(readRow), ignored };
}

function readRow(text: string): DebugMemtrackRow {
  const [, pid = '', size = '', handles = '', id = '', tag = ''] = ROW.exec(text) ?? [];
  return {
    pid: decimalFigure(pid),
    size: decimalFigure(size),
    userspaceHandles: decimalFigure(handles),
    id: decimalFigure(id),
    tag: tag === '' ? null : tag,
  };
}
