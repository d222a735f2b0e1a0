import { expect, test } from 'vitest';
import { decodeText } from '../../lib/core/text.ts';
import { parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { formatIoUringFdinfo, parseIoUringFdinfo } from '../../lib/procfs/io-uring-fdinfo.ts';
import { readBundle } from '../captures/bundle.ts';

test('what a real kernel printed of a ring reads and prints back to the same bytes', () => {
  const bundle = readBundle(new URL('../captures/realkernel/ring-only.snap.gz', import.meta.url));
  const rings = bundle.filter(({ path, data }) => /\/fdinfo\/\d+$/.test(path) && data.includes('SqMask'));
  expect(rings.map(({ path }) => path)).toEqual(['proc/174/fdinfo/6', 'proc/176/fdinfo/6']);
  for (const { data } of rings) {
    const { other } = parseFdinfo(decodeText(data))!;
    const ring = parseIoUringFdinfo(other);
    expect(ring).toEqual({ sqEntries: 4, cqEntries: 8, slots: 1, files: [{ slot: 0, name: 'dmabuf' }] });
    expect(formatIoUringFdinfo(ring!)).toBe(other);
  }
});

test('paths are escaped in the form of later kernels, and empty slots left out', () => {
  const ring = { sqEntries: 8, cqEntries: 16, slots: 3, files: [{ slot: 2, name: '/memfd:a b\nc\\ (deleted)' }] };
  const text = formatIoUringFdinfo(ring, 'path');
  expect(text).toContain('UserFiles:\t3\n    2: /memfd:a\\040b\\012c\\134\\040(deleted)\nUserBufs:\t0\n');
  expect(parseIoUringFdinfo(text, 'path')).toEqual(ring);
});

test('the fdinfo of something else is none of a ring', () => {
  expect(parseIoUringFdinfo('')).toBeNull();
  expect(parseIoUringFdinfo('size:\t4096\ncount:\t1\nexp_name:\tsystem\n')).toBeNull();
});
