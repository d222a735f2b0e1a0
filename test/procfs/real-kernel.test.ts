import { describe, expect, test } from 'vitest';
import { decodeText, encodeText } from '../../lib/core/text.ts';
import { parseBufinfo } from '../../lib/procfs/bufinfo-parse.ts';
import { formatBufinfo } from '../../lib/procfs/bufinfo.ts';
import { formatFdinfo, parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { formatMaps, parseMaps } from '../../lib/procfs/maps.ts';
import { readBundle } from '../captures/bundle.ts';

const names = ['thread-files', 'names', 'ring-only', 'shared'];
const bundles = new Map(
  names.map((name) => [name, readBundle(new URL(`../captures/realkernel/${name}.snap.gz`, import.meta.url))]),
);

describe.each(names)('what a real kernel showed: %s', (name) => {
  const files = bundles.get(name) ?? [];

  test('every fdinfo parses and prints back to the same bytes', () => {
    const infos = files.filter((file) => /\/fdinfo\/\d+$/.test(file.path));
    expect(infos.length).toBeGreaterThan(5);
    for (const { path, data } of infos) {
      const info = parseFdinfo(decodeText(data));
      expect(info, path).not.toBeNull();
      if (info !== null) expect(Buffer.from(encodeText(formatFdinfo(info))).equals(data), path).toBe(true);
      expect(info?.inode, path).toBeGreaterThan(0);
      expect(info?.dmaBuf !== null, path).toBe(data.includes('exp_name'));
    }
  });

  test('every line of maps parses and prints back to the same bytes', () => {
    const maps = files.filter((file) => file.path.endsWith('/maps'));
    expect(maps.length).toBeGreaterThan(0);
    for (const { path, data } of maps) {
      const parsed = parseMaps(decodeText(data));
      expect(parsed.ignored, path).toEqual([]);
      expect(Buffer.from(encodeText(formatMaps(parsed.lines))).equals(data), path).toBe(true);
    }
  });

  test('bufinfo parses without a complaint and prints back to the same bytes', () => {
    const file = files.find(({ path }) => path.endsWith('/bufinfo'));
    const text = decodeText(file?.data ?? new Uint8Array());
    const parsed = parseBufinfo(text);
    expect(parsed).toMatchObject({ ignored: [], problems: [] });
    expect(parsed?.objects.length).toBeGreaterThan(0);
    expect(formatBufinfo(parsed?.objects ?? [])).toBe(text);
  });
});

test('a name with a newline stays one name in every text', () => {
  const files = bundles.get('names') ?? [];
  const nasty = 'a b\nname:\tx';
  const bufinfo = parseBufinfo(
    decodeText(files.find(({ path }) => path.endsWith('/bufinfo'))?.data ?? new Uint8Array()),
  );
  expect(bufinfo?.objects.filter((object) => object.name === nasty)).toHaveLength(1);
  const infos = files
    .filter((file) => /\/fdinfo\/\d+$/.test(file.path))
    .map((file) => parseFdinfo(decodeText(file.data)));
  expect(infos.some((info) => info?.dmaBuf?.name === nasty)).toBe(true);
  const maps = files
    .filter((file) => file.path.endsWith('/maps'))
    .flatMap((file) => parseMaps(decodeText(file.data)).lines);
  expect(maps.some((line) => line.path === `/dmabuf:${nasty}`)).toBe(true);
});

test('a dma-buf in flight and one in an io_uring show as the kernel shows them', () => {
  const infos = (bundles.get('ring-only') ?? [])
    .filter((file) => /\/fdinfo\/\d+$/.test(file.path))
    .map((file) => parseFdinfo(decodeText(file.data)));
  expect(infos.some((info) => /UserFiles:\t1\n\s+0: dmabuf\n/.test(info?.other ?? ''))).toBe(true);
});
