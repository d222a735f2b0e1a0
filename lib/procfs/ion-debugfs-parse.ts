import { decimalFigure } from './figure.ts';
import type { IonClientHeap, IonDebugfsForm, IonHeapClient, IonHeapText, IonOrphan } from './ion-debugfs.ts';

export interface ParsedIonHeap extends IonHeapText {
  /** In 4.8's all names are blank. */
  readonly form: IonDebugfsForm;
  /** Lines that were not understood, as they stand. */
  readonly ignored: readonly string[];
}

export interface ParsedIonClient {
  readonly heaps: readonly IonClientHeap[];
  readonly ignored: readonly string[];
}

const DASHES = '-'.repeat(52);
const ORPHANED = 'orphaned allocations (info is from last known client):';
const HEADER = '          client              pid             size';
const BLANK_HEADER = ' '.repeat(HEADER.length);
// A task's name has 15 bytes at most, so that none can look like the figures, which are wider.
const CLIENT = /^(.*) ([ \d]{15,}\d) ([ \d]{15,}\d)$/s;
const ORPHAN = /^(.*) ([ \d]{15,}\d) ([ \d]{15,}\d) (\d+) (-?\d+)$/s;
const TOTAL = /^ *(total orphaned|total |deferred free|) ([ \d]{15,}\d)$/;
const CLIENT_HEADER = '       heap_name:    size_in_bytes';
const CLIENT_ROW = /^(.*): ([ \d]{15,}\d)$/s;

/**
 * Reads the file of a heap; null: it is none. Blanks before a name are padding.
 *
 * @example
 * const text = formatIonHeap({ clients: [], orphans: [], totalOrphaned: 0, total: 4096, deferredFree: null, lines: [] });
 * parseIonHeap(text).total; // 4096
 */
export function parseIonHeap(text: string): ParsedIonHeap | null {
  const [header, ...lines] = linesOf(text);
  if ((header !== HEADER && header !== BLANK_HEADER) || lines[0] !== DASHES) return null;
  const [, clients = [], orphans = [], totals = [], ...rest] = sections(lines);
  const ignored: string[] = [];
  if (orphans[0] === ORPHANED) orphans.shift();
  else ignored.push(...orphans.splice(0, 1));
  const figures = totals.map((line) => TOTAL.exec(line)?.[2]);
  ignored.push(...totals.filter((_, row) => figures[row] === undefined || row > 2));
  return {
    form: header === HEADER ? '4.9' : '4.8',
    clients: rows(clients, CLIENT, ignored).map(readClient),
    orphans: rows(orphans, ORPHAN, ignored).map(readOrphan),
    totalOrphaned: decimalFigure(figures[0] ?? ''),
    total: decimalFigure(figures[1] ?? ''),
    deferredFree: figures[2] === undefined ? null : decimalFigure(figures[2]),
    lines: rest.flatMap((section, at) => (at === 0 ? section : [DASHES, ...section])),
    ignored,
  };
}

/**
 * Reads the file of a client; null: it is none, or tells that the client is gone.
 *
 * @example
 * parseIonClient(formatIonClient([{ heap: 'system', size: 4096 }])).heaps[0].size; // 4096
 */
export function parseIonClient(text: string): ParsedIonClient | null {
  const [header, ...lines] = linesOf(text);
  if (header !== CLIENT_HEADER) return null;
  const ignored: string[] = [];
  const heaps = rows(lines, CLIENT_ROW, ignored).map(([, heap = '', size = '']) => ({
    heap: unpadded(heap),
    size: decimalFigure(size),
  }));
  return { heaps, ignored };
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** What stands between lines of dashes. */
function sections(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line === DASHES) parts.push([]);
    else parts.at(-1)!.push(line);
  }
  return parts;
}

/** A name is printed raw: a line that is no row begins a name with a newline in it. */
function rows(lines: readonly string[], pattern: RegExp, ignored: string[]): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  let before: string[] = [];
  for (const line of lines) {
    before.push(line);
    const row = pattern.exec(before.join('\n'));
    if (row === null) continue;
    found.push(row);
    before = [];
  }
  ignored.push(...before);
  return found;
}

function readClient([, name = '', pid = '', size = '']: RegExpExecArray): IonHeapClient {
  return { name: unpaddedOrNull(name), pid: decimalFigure(pid), size: decimalFigure(size) };
}

function readOrphan([, name = '', pid = '', size = '', kernelMaps = '', refs = '']: RegExpExecArray): IonOrphan {
  return {
    name: unpaddedOrNull(name),
    pid: decimalFigure(pid),
    size: decimalFigure(size),
    kernelMaps: decimalFigure(kernelMaps),
    refs: decimalFigure(refs),
  };
}

function unpadded(name: string): string {
  return name.replace(/^ +/, '');
}

function unpaddedOrNull(name: string): string | null {
  return unpadded(name) === '' ? null : unpadded(name);
}
