/** Names come from any process: printed raw they could move the cursor, forge lines or hide their own letters. */

// Printable ASCII but the backslash: nearly every name.
const PLAIN = /^[ -[\]-~]*$/;
// Controls, format characters (bidi overrides, zero width), surrogates, unassigned; line separators; odd blanks.
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\\]|(?! )\p{Zs}/u;

/**
 * One line of visible text: what a terminal would obey or hide is written as `\n`, `\x1b`, `\u202e` or
 * `\u{e0041}`, a byte that is no UTF-8 as `\xff`, a backslash as `\\`. At most `max` characters, the last then `…`.
 *
 * @example
 * escapeText('cam\u001b[31m') === 'cam\\x1b[31m'
 */
export function escapeText(text: string, max = Infinity): string {
  if (text.length <= max && (PLAIN.test(text) || !UNSAFE.test(text))) return text;
  let out = '';
  let length = 0;
  /** What is left if the next piece does not fit. */
  let cut = '';
  for (const char of text) {
    const piece = UNSAFE.test(char) ? escapeChar(char) : char;
    if (length + piece.length > max) return `${cut}…`;
    out += piece;
    length += piece.length;
    if (length < max) cut = out;
  }
  return out;
}

/** A name in a table: `-` if there is none, quoted where it could be taken for that. */
export function showName(name: string | null, max = 48): string {
  if (name === null) return '-';
  return name === '' || name === '-' ? `"${name}"` : escapeText(name, max);
}

function escapeChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\\') return '\\\\';
  if (char === '\n') return '\\n';
  if (char === '\t') return '\\t';
  if (char === '\r') return '\\r';
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code & 0xff, 2)}`;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\u{${hex(code, 5)}}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
