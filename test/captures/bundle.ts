import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface BundleFile {
  readonly path: string;
  readonly data: Buffer;
}

/** The files in a `.snap.gz` bundle (test/captures/realkernel/README.md); links, directories and errors are left out. */
export function readBundle(url: URL): readonly BundleFile[] {
  const bytes = gunzipSync(readFileSync(url));
  const files: BundleFile[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf('\n', at);
    const [kind = '', path = '', size = ''] = bytes.toString('utf8', at, end).split(' ');
    at = end + 1;
    if (kind !== '@file' && kind !== '@link') continue;
    const data = bytes.subarray(at, at + Number(size));
    at += Number(size) + 1;
    if (kind === '@file') files.push({ path: path.replace(/\\(.)/g, (_, c: string) => (c === 's' ? ' ' : c === 'n' ? '\n' : c)), data });
  }
  return files;
}
