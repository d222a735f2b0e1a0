import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { encodeText } from '../../lib/core/text.ts';
import { type Attributes, parseBundle } from '../../lib/scenario/index.ts';

/**
 * Makes a directory tree of a bundle, which can stand in for `/`: links keep their text and so lead nowhere. What a link cannot
 * carry, of the open file behind a descriptor, goes to DIR/links.json, what could not be read to DIR/errors.json.
 */
export function expandBundle(file: string, directory: string): void {
  const bytes = readFileSync(file);
  const links: Record<string, Attributes & { readonly target?: string }> = {};
  const errors: Record<string, string> = {};
  const root = path.resolve(directory);
  for (const record of parseBundle(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)) {
    const to = path.join(root, record.path);
    if (!to.startsWith(root + path.sep)) throw new RangeError(`${record.path} leads out of ${directory}`);
    mkdirSync(record.type === 'dir' ? to : path.dirname(to), { recursive: true });
    if (record.type === 'error') errors[record.path] = record.errno;
    if (record.type === 'file') writeFileSync(to, encodeText(record.text));
    if (record.type === 'stat') {
      writeFileSync(to, '');
      links[record.path] = record.attributes;
    }
    if (record.type === 'link') {
      symlinkSync(Buffer.from(encodeText(record.text)), to);
      links[record.path] = { target: record.text, ...record.attributes };
    }
  }
  writeFileSync(path.join(root, 'links.json'), `${JSON.stringify(links, null, 1)}\n`);
  writeFileSync(path.join(root, 'errors.json'), `${JSON.stringify(errors, null, 1)}\n`);
}
