import type { DebugMemtrackRow } from '../../lib/procfs/debug-memtrack.ts';
import type { MemtrackRow, ParsedMemtrack } from '../../lib/procfs/memtrack.ts';

/** printf's `%<width>s`: right-aligned, counted in bytes. */
function pad(value: string | number, width: number): string {
  const text = String(value);
  return ' '.repeat(Math.max(0, width - Buffer.byteLength(text))) + text;
}

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');

/** The text of /proc/[pid]/memtrack, written from the patches' format strings; what the core prints must equal it. */
export function memtrackText(form: ParsedMemtrack['form'], pid: number, rows: readonly MemtrackRow[]): string {
  if (rows.length === 0) return '';
  let text = `${pad('ref_count', 10)}: ${pad('Identifier', 16)}: ${pad('size', 12)}: `;
  text +=
    form === 'patch2'
      ? `tag: pid:${pid}\n`
      : `${pad('tag', 12)}: ${pad('startAddr-endAddr', 20)}: Flags: ${pad('pgOff', 8)}: pid:${pid}\n`;
  for (const row of rows) {
    const tag = pad(row.tag ?? '', form === 'patch2' ? 0 : 12);
    text += `${pad(row.userspaceHandles, 10)}  ${pad(row.id, 16)}  ${pad(row.size, 12)}  ${tag}\n`;
    if (form === 'patch2') continue;
    for (const vma of row.mappings) {
      text += `${pad(hex(vma.start, 0), 68)}-${hex(vma.end, 8)}  ${vma.perms}${vma.io ? '#' : '-'}  ${hex(vma.offset, 8)}`;
      text += row.tag === null ? '\n' : ` ${row.tag}\n`;
    }
  }
  return text;
}

/** The text of debugfs `memtrack`. */
export function debugMemtrackText(rows: readonly DebugMemtrackRow[]): string {
  let text = ` pid  buffer_size        ref   Identifier tag\n`;
  for (const row of rows) {
    text += `${pad(row.pid, 4)} ${pad(row.size, 12)} ${pad(row.userspaceHandles, 10)} ${pad(row.id, 12)} ${row.tag ?? ''}\n`;
  }
  return text;
}
