/**
 * Names in a kernel are bytes. Here they are strings: UTF-8 where the bytes are UTF-8; every byte that is not
 * part of valid UTF-8 becomes the lone surrogate U+DC00 + byte, so nothing is lost and `encodeText` gives the
 * same bytes back.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const STRAY = /[\udc80-\udcff]/;

/**
 * Bytes of a name or of a whole pseudo-file as a string.
 *
 * @example
 * decodeText(Uint8Array.of(0x63, 0x61, 0x6d, 0xff)) === 'cam\udcff'
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeMixed(bytes);
  }
}

/**
 * The bytes `decodeText` made the string from.
 *
 * @example
 * encodeText('cam\udcff').at(-1) === 0xff
 */
export function encodeText(text: string): Uint8Array {
  if (!STRAY.test(text)) return encoder.encode(text);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const part = code >= 0xdc80 && code <= 0xdcff ? Uint8Array.of(code & 0xff) : encoder.encode(char);
    parts.push(part);
    length += part.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function decodeMixed(bytes: Uint8Array): string {
  let text = '';
  let from = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += strict.decode(bytes.subarray(from, at)) + String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    from = ++at;
  }
  return text + strict.decode(bytes.subarray(from));
}

/** Length of the valid UTF-8 sequence at `at`, or 0: no overlong forms, no surrogates, nothing above U+10FFFF. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : (first & 0xf0) === 0xe0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] ?? 0;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}
