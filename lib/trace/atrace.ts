/** What atrace prints before its data, and how much of a file is looked at for it: adb may put a banner before that. */
const MARK = new TextEncoder().encode('TRACE:');
export const ATRACE_BYTES = 1024;

const CR = 0x0d;
const LF = 0x0a;

/**
 * Where the zlib data of `atrace -z` begins, in a file that begins so: after the line `TRACE:`. null: it is none.
 *
 * @example
 * atraceStart(bytesOf('capturing trace... done\nTRACE:\n\x78\x9c…')) // 31
 */
export function atraceStart(head: Uint8Array): number | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const mark = bytes.indexOf(MARK);
  if (mark < 0 || (mark > 0 && bytes[mark - 1] !== LF)) return null;
  let at = mark + MARK.length;
  if (bytes[at] === CR) at++;
  if (bytes[at] !== LF) return null;
  at++;
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  // RFC 1950: deflate with a window of 32 KiB, and a check of both bytes.
  return first === 0x78 && (first * 256 + second) % 31 === 0 ? at : null;
}
