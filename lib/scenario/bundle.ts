/**
 * Bundles: a tree of pseudo-files as one text, which `stage` (test/conformance/guest) writes of a real kernel and `memtrack play
 * --snap` of the modelled one. Records:
 *
 *     @file PATH NBYTES                then NBYTES of content and a newline
 *     @link PATH NBYTES KEY=VALUE…     then NBYTES of its text and a newline
 *     @dir PATH
 *     @stat PATH KEY=VALUE…            a file seen but not read
 *     @error PATH ERRNO                it could not be read
 *
 * In PATH, which has no leading slash, a space is \s, a newline \n, a backslash \\. The values are what stat(2) says of the
 * file that a link leads to (dev, ino, size, blocks); lmode is what lstat(2) says of the link itself.
 */

import { decodeText, encodeText } from '../core/text.ts';

export type Attributes = Readonly<Record<string, string>>;

export type BundleRecord =
  | { readonly type: 'file'; readonly path: string; readonly text: string }
  | { readonly type: 'link'; readonly path: string; readonly text: string; readonly attributes: Attributes }
  | { readonly type: 'dir'; readonly path: string }
  | { readonly type: 'stat'; readonly path: string; readonly attributes: Attributes }
  | { readonly type: 'error'; readonly path: string; readonly errno: string };

export function formatBundle(records: Iterable<BundleRecord>): Uint8Array {
  const parts = [encodeText('@bundle 1\n')];
  for (const record of records) {
    const head = `@${record.type} ${escapePath(record.path)}`;
    if (record.type === 'file' || record.type === 'link') {
      const data = encodeText(record.text);
      const tail = record.type === 'link' ? formatAttributes(record.attributes) : '';
      parts.push(encodeText(`${head} ${data.length}${tail}\n`), data, encodeText('\n'));
    } else if (record.type === 'stat') {
      parts.push(encodeText(`${head}${formatAttributes(record.attributes)}\n`));
    } else {
      parts.push(encodeText(record.type === 'error' ? `${head} ${record.errno}\n` : `${head}\n`));
    }
  }
  return Buffer.concat(parts);
}

/** The records of a bundle. Throws SyntaxError where it is none. */
export function parseBundle(bytes: Uint8Array): readonly BundleRecord[] {
  const records: BundleRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline < 0 ? bytes.length : newline;
    const [kind = '', escaped = '', ...rest] = decodeText(bytes.subarray(at, end)).split(' ');
    const head = at;
    at = end + 1;
    if (kind === '' || kind === '@bundle') continue;
    const path = unescapePath(escaped);
    if (kind === '@dir') records.push({ type: 'dir', path });
    else if (kind === '@error') records.push({ type: 'error', path, errno: rest[0] ?? '' });
    else if (kind === '@stat') records.push({ type: 'stat', path, attributes: parseAttributes(rest) });
    else if (kind === '@file' || kind === '@link') {
      const length = Number(rest.shift());
      if (!Number.isInteger(length) || at + length > bytes.length)
        throw new SyntaxError(`the record at byte ${head} is cut short`);
      const text = decodeText(bytes.subarray(at, at + length));
      at += length + 1;
      if (kind === '@file') records.push({ type: 'file', path, text });
      else records.push({ type: 'link', path, text, attributes: parseAttributes(rest) });
    } else throw new SyntaxError(`no record of a bundle at byte ${head}`);
  }
  return records;
}

function formatAttributes(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([key, value]) => ` ${key}=${value}`)
    .join('');
}

function parseAttributes(words: readonly string[]): Attributes {
  return Object.fromEntries(words.map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]));
}

function escapePath(path: string): string {
  return path.replace(/[ \n\\]/g, (char) => (char === ' ' ? '\\s' : char === '\n' ? '\\n' : '\\\\'));
}

function unescapePath(path: string): string {
  return path.replace(/\\(.)/g, (_, char: string) => (char === 's' ? ' ' : char === 'n' ? '\n' : char));
}
