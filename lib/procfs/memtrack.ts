/**
 * /proc/[pid]/memtrack of the 2016 series, in the form after patch 2 (rows) and after the whole series (rows,
 * each with the mappings of its buffer, newest first). The core writes this text; here it is read.
 */

import { decimalFigure } from './figure.ts';

export interface MemtrackMapping {
  readonly start: number;
  readonly end: number;
  /** `rw-s` */
  readonly perms: string;
  /** `#`: VM_IO, VM_PFNMAP, VM_DONTEXPAND or VM_DONTDUMP. */
  readonly io: boolean;
  /** Bytes into the buffer. */
  readonly offset: number;
}

export interface MemtrackRow {
  /** Printed under `ref_count`: how many thread groups hold the buffer. */
  readonly userspaceHandles: number;
  readonly id: number;
  readonly size: number;
  /** null: no tag, or one that cannot be told from it: an empty one shows only beside a mapping. */
  readonly tag: string | null;
  readonly mappings: readonly MemtrackMapping[];
}

export interface ParsedMemtrack {
  readonly form: 'patch2' | 'series';
  readonly pid: number;
  readonly rows: readonly MemtrackRow[];
  /** Lines that were not understood, as they stand. */
  readonly ignored: readonly string[];
}

const HEADER = /^ *ref_count: +Identifier: +size: +tag:( +startAddr-endAddr: +Flags: +pgOff:)? pid:(-?\d+)$/;
const ROW = /^( *-?\d+) {2}( *-?\d+) {2}( *\d+) {2}(.*)$/s;
const MAPPING = /^ *([0-9a-f]+)-([0-9a-f]{8,}) {2}([r-][w-][x-][sp])([#-]) {2}([0-9a-f]{8,})(?: (.*))?$/s;

/** Shorter than any line the kernel prints, longer than a tag set by ioctl (31 bytes): a tag cannot forge a line. */
const SHORTEST_LINE = 42;

/**
 * Reads the file. A process that holds nothing has an empty file, without a header: null, as for any other text.
 *
 * @example
 * parseMemtrack(readPseudoFile(replayed, '/proc/17071/memtrack')?.text ?? '')?.rows.map((row) => row.id)
 */
export function parseMemtrack(text: string): ParsedMemtrack | null {
  const lines = text.split('\n');
  const header = HEADER.exec(lines[0] ?? '');
  if (header === null) return null;
  if (lines.at(-1) === '') lines.pop();

  const form = header[1] === undefined ? 'patch2' : 'series';
  const ignored: string[] = [];
  const groups: Group[] = [];
  // A tag is printed raw: what follows a line and is no line of its own belongs to the tag at its end.
  for (const line of lines.slice(1)) {
    const group = groups.at(-1);
    if (line.length >= SHORTEST_LINE && ROW.test(line)) groups.push({ row: line, mappings: [] });
    else if (group === undefined) ignored.push(line);
    else if (form === 'series' && line.length >= SHORTEST_LINE && MAPPING.test(line)) group.mappings.push(line);
    else if (group.mappings.length > 0) group.mappings.push(`${group.mappings.pop()}\n${line}`);
    else group.row += `\n${line}`;
  }
  return { form, pid: Number(header[2]), rows: groups.map((group) => readRow(group, form)), ignored };
}

interface Group {
  row: string;
  readonly mappings: string[];
}

function readRow(group: Group, form: ParsedMemtrack['form']): MemtrackRow {
  const match = ROW.exec(group.row);
  let tag: string | null = match?.[4] ?? '';
  if (form === 'series') tag = tag.replace(/^ +/, '');
  if (tag === '') tag = null;
  const mappings = group.mappings.map((text): MemtrackMapping => {
    const line = MAPPING.exec(text);
    // Here the tag stands without padding, and an empty one leaves its blank.
    tag = line?.[6] ?? null;
    return {
      start: parseInt(line?.[1] ?? '', 16),
      end: parseInt(line?.[2] ?? '', 16),
      perms: line?.[3] ?? '',
      io: line?.[4] === '#',
      offset: parseInt(line?.[5] ?? '', 16),
    };
  });
  return {
    userspaceHandles: decimalFigure(match?.[1] ?? ''),
    id: decimalFigure(match?.[2] ?? ''),
    size: decimalFigure(match?.[3] ?? ''),
    tag,
    mappings,
  };
}
