/** /proc/sysvipc/shm. Linux: sysvipc_shm_proc_show() in ipc/shm.c, on 64-bit. */

import { decimalFigure } from './figure.ts';

/** One segment. Times are seconds since 1970, 0 for never. */
export interface SysvipcShmLine {
  /** Signed, printed in decimal; 0 (IPC_PRIVATE) also for one that was removed. */
  readonly key: number;
  readonly shmid: number;
  /** Access bits; 01000: removed when nobody has it attached; 02000: locked. */
  readonly perms: number;
  /** Bytes, as asked for. */
  readonly size: number;
  /** pid of the process that made it, and of the last that attached or detached it. */
  readonly cpid: number;
  readonly lpid: number;
  readonly nattch: number;
  readonly uid: number;
  readonly gid: number;
  readonly cuid: number;
  readonly cgid: number;
  readonly atime: number;
  readonly dtime: number;
  readonly ctime: number;
  /** Bytes in memory, and in swap. */
  readonly rss: number;
  readonly swap: number;
}

/** Names and widths; what parts a column from the one before it comes first. Perms are octal. */
const COLUMNS: readonly (readonly [string, keyof SysvipcShmLine, number])[] = [
  ['', 'key', 10],
  [' ', 'shmid', 10],
  ['  ', 'perms', 4],
  [' ', 'size', 21],
  [' ', 'cpid', 5],
  [' ', 'lpid', 5],
  ['  ', 'nattch', 5],
  [' ', 'uid', 5],
  [' ', 'gid', 5],
  [' ', 'cuid', 5],
  [' ', 'cgid', 5],
  [' ', 'atime', 10],
  [' ', 'dtime', 10],
  [' ', 'ctime', 10],
  [' ', 'rss', 21],
  [' ', 'swap', 21],
];

const HEADER =
  '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid' +
  '      atime      dtime      ctime                   rss                  swap\n';

/**
 * The text of the file; the header is always there.
 *
 * @example
 * formatSysvipcShm([]).split(/\s+/).slice(1, 4); // ['key', 'shmid', 'perms']
 */
export function formatSysvipcShm(lines: Iterable<SysvipcShmLine>): string {
  let text = HEADER;
  for (const line of lines) {
    for (const [gap, name, width] of COLUMNS)
      text += gap + line[name].toString(name === 'perms' ? 8 : 10).padStart(width);
    text += '\n';
  }
  return text;
}

export interface ParsedSysvipcShm {
  readonly lines: readonly SysvipcShmLine[];
  /** Lines, but for the header, that are not of this file, as they stand. */
  readonly ignored: readonly string[];
}

/**
 * Reads the file, with any run of blanks between the columns.
 *
 * @example
 * parseSysvipcShm(formatSysvipcShm([])).lines.length === 0
 */
export function parseSysvipcShm(text: string): ParsedSysvipcShm {
  const lines: SysvipcShmLine[] = [];
  const ignored: string[] = [];
  for (const row of text.split('\n')) {
    if (row === '' || /^\s*key\s+shmid\s+perms\s/.test(row)) continue;
    const line = parseLine(row);
    if (line === null) ignored.push(row);
    else lines.push(line);
  }
  return { lines, ignored };
}

function parseLine(row: string): SysvipcShmLine | null {
  const words = row.trim().split(/\s+/);
  if (words.length !== COLUMNS.length || !words.every((word, at) => (at === 0 ? /^-?\d+$/ : /^\d+$/).test(word)))
    return null;
  const figure = (name: keyof SysvipcShmLine): number => {
    const word = words[COLUMNS.findIndex(([, column]) => column === name)] ?? '';
    return name === 'perms' ? parseInt(word, 8) : decimalFigure(word);
  };
  if (!/^[0-7]+$/.test(words[2] ?? '')) return null;
  return {
    key: figure('key'),
    shmid: figure('shmid'),
    perms: figure('perms'),
    size: figure('size'),
    cpid: figure('cpid'),
    lpid: figure('lpid'),
    nattch: figure('nattch'),
    uid: figure('uid'),
    gid: figure('gid'),
    cuid: figure('cuid'),
    cgid: figure('cgid'),
    atime: figure('atime'),
    dtime: figure('dtime'),
    ctime: figure('ctime'),
    rss: figure('rss'),
    swap: figure('swap'),
  };
}
