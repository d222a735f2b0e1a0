import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBufinfo } from '../../lib/procfs/bufinfo-parse.ts';
import { type BufinfoObject, formatBufinfo } from '../../lib/procfs/bufinfo.ts';
import { property } from '../property.ts';

const unnamed: BufinfoObject = {
  size: 8294400,
  flags: 2,
  mode: 0x80007,
  count: 3,
  exporter: 'system',
  inode: 12,
  name: null,
  fences: [],
  attachments: ['fe000000.gpu'],
};
const golden =
  '\nDma-buf Objects:\n' +
  'size    \tflags   \tmode    \tcount   \texp_name\tino     \tname\n' +
  '08294400\t00000002\t00080007\t00000003\tsystem\t00000012\t<none>\n' +
  '\tAttached Devices:\n' +
  '\tfe000000.gpu\n' +
  'Total 1 devices attached\n\n' +
  '\nTotal 1 objects, 8294400 bytes\n';

function parsed(objects: readonly BufinfoObject[]): unknown {
  const bytes = objects.reduce((sum, object) => sum + object.size, 0);
  return { objects, total: { objects: objects.length, bytes }, ignored: [], problems: [] };
}

test('an object, its device and the totals', () => {
  expect(formatBufinfo([unnamed])).toBe(golden);
  expect(parseBufinfo(golden)).toEqual(parsed([unnamed]));
});

test('no objects', () => {
  const text = formatBufinfo([]);
  expect(text).toBe(
    '\nDma-buf Objects:\nsize    \tflags   \tmode    \tcount   \texp_name\tino     \tname\n\nTotal 0 objects, 0 bytes\n',
  );
  expect(parseBufinfo(text)).toEqual(parsed([]));
});

test('fences stand between the object and its devices', () => {
  const busy = {
    ...unnamed,
    fences: ['write fence:i915 rcs0 seq 42 signalled', 'read fence:i915 rcs0 seq 43 unsignalled'],
  };
  const text = formatBufinfo([busy, unnamed]);
  expect(text).toContain(
    '<none>\n\twrite fence:i915 rcs0 seq 42 signalled\n\tread fence:i915 rcs0 seq 43 unsignalled\n\tAttached',
  );
  expect(parseBufinfo(text)).toEqual(parsed([busy, unnamed]));
});

test.each([
  'a b\nname:\tx',
  'x\n\tAttached Devices:',
  '\nTotal 0 devices attached\n\n',
  'x\nTotal 0 objects, 0 bytes',
  '\n\n',
  '',
])('the name %j stays one name', (name) => {
  const objects = [
    { ...unnamed, name },
    { ...unnamed, inode: 13, name: 'next', attachments: ['a', 'b'] },
  ];
  expect(parseBufinfo(formatBufinfo(objects))).toEqual(parsed(objects));
});

test('blanks for tabs, as mail makes them', () => {
  expect(parseBufinfo(golden.replaceAll('\t', '        '))).toEqual(parsed([unnamed]));
});

test('a kernel before 5.3 prints neither inode nor name', () => {
  const old = golden.replace('\tino     \tname', '').replace('\t00000012\t<none>', '');
  expect(parseBufinfo(old)).toEqual(parsed([{ ...unnamed, inode: null }]));
});

test('early 5.3 has names and no heading for them', () => {
  const old = golden.replace('\tname', '').replace('<none>', 'cam');
  expect(parseBufinfo(old)).toEqual(parsed([{ ...unnamed, name: 'cam' }]));
});

test('a dump that is cut off says so and keeps what it has', () => {
  const cut = parseBufinfo(formatBufinfo([unnamed, { ...unnamed, inode: 13 }]).slice(0, 260));
  expect(cut?.objects.map((object) => object.inode)).toEqual([12, 13]);
  expect(cut?.total).toBeNull();
  expect(cut?.problems).toEqual(['there is no total: the dump is cut off']);
});

test('totals that do not agree are a complaint', () => {
  expect(parseBufinfo(golden.replace('Total 1 objects', 'Total 3 objects'))?.problems).toEqual([
    'the total says 3 objects, 1 were read',
  ]);
  expect(parseBufinfo(golden.replace('8294400 bytes', '1 bytes'))?.problems).toEqual([
    'the total says 1 bytes, the objects read have 8294400',
  ]);
});

test('other text is not bufinfo', () => {
  expect(parseBufinfo('client pid size\n')).toBeNull();
});

test('what is printed is read again', () => {
  const uint32 = fc.nat(2 ** 32 - 1);
  const object = fc.record({
    size: fc.nat(2 ** 40),
    flags: uint32,
    mode: uint32,
    count: fc.integer(),
    exporter: fc.constantFrom('system', 'udmabuf'),
    inode: fc.maxSafeNat(),
    name: fc.option(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\t', '0', 'é'), maxLength: 15 })),
    fences: fc.constantFrom([], ['kernel fence:drv ctx seq 1 signalled']),
    attachments: fc.array(fc.constantFrom('fe000000.gpu', 'card0')),
  });
  fc.assert(
    fc.property(fc.array(object), (objects) => {
      expect(parseBufinfo(formatBufinfo(objects))).toEqual(parsed(objects));
    }),
    property(),
  );
});
