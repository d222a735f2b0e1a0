import { looksLikeFtrace, looksLikeStrace } from '../core/decoder.ts';
import { MTRK_MAGIC } from './mtrk-format.ts';

/** The formats that can be read, as `--format` names them. */
export type TraceFormat = 'mtrk' | 'strace' | 'ftrace';

/** As much of the beginning as is looked at. */
export const SNIFF_BYTES = 64 << 10;

/** First bytes of what people try, so that the refusal can say what it is. */
const OTHERS: readonly (readonly [start: string, what: string])[] = [
  ['\x17\x08Dtracing', 'a trace.dat of trace-cmd'],
  ['PERFILE2', 'a perf.data'],
  ['PK\x03\x04', 'a zip archive: unpack it first'],
  ['\x7fELF', 'an ELF file'],
  ['{', 'JSON'],
  ['[', 'JSON'],
  ['<', 'HTML or XML'],
];

/** The format of an unwrapped file by its first bytes; null for one that is not read here. */
export function sniff(head: Uint8Array): TraceFormat | null {
  // Four bytes, so that a file damaged in transfer is refused as what it is.
  if (startsWith(head, MTRK_MAGIC.subarray(0, 4))) return 'mtrk';
  if (looksLikeFtrace(head)) return 'ftrace';
  return looksLikeStrace(head) ? 'strace' : null;
}

export function startsWith(head: Uint8Array, magic: ArrayLike<number>): boolean {
  for (let i = 0; i < magic.length; i++) if (head[i] !== magic[i]) return false;
  return true;
}

/** Says what was looked for and what is there instead. */
export function refusalOf(head: Uint8Array): string {
  const first = Buffer.from(head.subarray(0, 16));
  const hex = first.toString('hex').replace(/..(?=.)/g, '$& ');
  const shown = first.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
  const known = OTHERS.find(([start]) => first.toString('latin1').startsWith(start));
  const guess = known === undefined ? '' : ` (${known[1]}?)`;
  return `is no trace that memtrack reads: looked for .mtrk, strace and ftrace, plain or in gzip or zstd; it begins ${hex} "${shown}"${guess}`;
}
