import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMapsLine, type MapsLine, parseMaps, parseMapsLine } from '../../lib/procfs/maps.ts';
import { property } from '../property.ts';

const camera: MapsLine = {
  start: 0x7fdee408e000,
  end: 0x7fdee40ae000,
  perms: 'rw-s',
  offset: 0x10000,
  dev: '0:11',
  inode: 2,
  path: '/dmabuf:cam',
  deleted: false,
};

test('the path stands in column 73, the device in hexadecimal', () => {
  const text = formatMapsLine(camera);
  expect(text).toBe('7fdee408e000-7fdee40ae000 rw-s 00010000 00:0b 2                          /dmabuf:cam\n');
  expect(text.indexOf('/')).toBe(73);
  expect(parseMapsLine(text)).toEqual(camera);
});

test('an anonymous mapping ends in one blank', () => {
  const anonymous = { ...camera, dev: '0:0', inode: 0, offset: 0, perms: 'rw-p', path: null };
  expect(formatMapsLine(anonymous)).toBe('7fdee408e000-7fdee40ae000 rw-p 00000000 00:00 0 \n');
  expect(parseMapsLine(formatMapsLine(anonymous))).toEqual(anonymous);
});

test('a path after a long prefix keeps its blank', () => {
  const long = {
    ...camera,
    start: 0xffffffffff600000,
    end: 0xffffffffff601000,
    offset: 0x1000000000000,
    inode: 2 ** 53 - 1,
    dev: '4095:1048575',
  };
  const text = formatMapsLine(long);
  expect(text).toBe('ffffffffff600000-ffffffffff601000 rw-s 1000000000000 fff:fffff 9007199254740991  /dmabuf:cam\n');
  expect(parseMapsLine(text)).toEqual(long);
});

test('an unlinked file says so; a dma-buf named like one does not', () => {
  const memfd = { ...camera, dev: '0:1', path: '/memfd:ring', deleted: true };
  expect(formatMapsLine(memfd).endsWith(' /memfd:ring (deleted)\n')).toBe(true);
  expect(parseMapsLine(formatMapsLine(memfd))).toEqual(memfd);
  const dmaBuf = { ...camera, path: '/dmabuf:scratch (deleted)' };
  expect(parseMapsLine(formatMapsLine(dmaBuf))).toEqual(dmaBuf);
});

test('a newline in a name is the only thing escaped', () => {
  const nasty = { ...camera, path: '/dmabuf:a b\nname:\tx\\' };
  expect(formatMapsLine(nasty).endsWith(' /dmabuf:a b\\012name:\tx\\\n')).toBe(true);
  expect(parseMapsLine(formatMapsLine(nasty))).toEqual(nasty);
});

test('lines that are not of maps are kept apart', () => {
  const text = `${formatMapsLine(camera)}Rss:   4 kB\n`;
  expect(parseMaps(text)).toEqual({ lines: [camera], ignored: ['Rss:   4 kB'] });
});

test('what is printed is read again', () => {
  const page = fc.nat(2 ** 31 - 1).map((n) => n * 4096);
  const line = fc.record({
    start: page,
    end: page,
    offset: page,
    perms: fc.constantFrom('rw-s', 'r--p', 'r-xs', '---p'),
    dev: fc.tuple(fc.nat(4095), fc.nat(1048575)).map(([major, minor]) => `${major}:${minor}`),
    inode: fc.maxSafeNat(),
    path: fc.option(fc.string({ maxLength: 31 }).map((name) => `/dmabuf:${name.replaceAll('\\', '/')}`)),
    deleted: fc.constant(false),
  });
  fc.assert(
    fc.property(line, (value) => {
      expect(parseMapsLine(formatMapsLine(value))).toEqual(value);
    }),
    property(),
  );
});
