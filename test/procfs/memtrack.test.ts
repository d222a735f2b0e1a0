import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDebugMemtrack } from '../../lib/procfs/debug-memtrack.ts';
import { type MemtrackRow, parseMemtrack } from '../../lib/procfs/memtrack.ts';
import { property } from '../property.ts';
import { debugMemtrackText, memtrackText } from './memtrack-text.ts';

const PATCH2 =
  ' ref_count:       Identifier:         size: tag: pid:4242\n' +
  '         2                 0          4096  CAMERA\n' +
  '         1                17       8294400  \n';
const SERIES =
  ' ref_count:       Identifier:         size:          tag:    startAddr-endAddr: Flags:    pgOff: pid:4242\n' +
  '         2                 0       8294400        CAMERA\n' +
  '                                                          7f12340000-7f12b29000  rw-s#  00000000 CAMERA\n' +
  '                                                            b6f00000-b6f10000  r--s#  00001000 CAMERA\n' +
  '         1                17          4096              \n' +
  '                                                          7f13000000-7f13001000  rw-s#  00000000\n';
const DEBUG =
  ' pid  buffer_size        ref   Identifier tag\n' +
  '4242      8294400          2            0 CAMERA\n' +
  '   7         4096          0           17 \n';

const vma = { start: 0x7f12340000, end: 0x7f12b29000, perms: 'rw-s', io: true, offset: 0 };

describe('/proc/[pid]/memtrack', () => {
  test('after patch 2: a row per buffer', () => {
    const parsed = parseMemtrack(PATCH2);
    expect(parsed).toEqual({
      form: 'patch2',
      pid: 4242,
      ignored: [],
      rows: [
        { userspaceHandles: 2, id: 0, size: 4096, tag: 'CAMERA', mappings: [] },
        { userspaceHandles: 1, id: 17, size: 8294400, tag: null, mappings: [] },
      ],
    });
    expect(memtrackText('patch2', 4242, parsed?.rows ?? [])).toBe(PATCH2);
  });

  test('after the series: a row per buffer, its mappings below it', () => {
    const parsed = parseMemtrack(SERIES);
    expect(parsed).toEqual({
      form: 'series',
      pid: 4242,
      ignored: [],
      rows: [
        {
          userspaceHandles: 2,
          id: 0,
          size: 8294400,
          tag: 'CAMERA',
          mappings: [vma, { start: 0xb6f00000, end: 0xb6f10000, perms: 'r--s', io: true, offset: 4096 }],
        },
        {
          userspaceHandles: 1,
          id: 17,
          size: 4096,
          tag: null,
          mappings: [{ start: 0x7f13000000, end: 0x7f13001000, perms: 'rw-s', io: true, offset: 0 }],
        },
      ],
    });
    expect(memtrackText('series', 4242, parsed?.rows ?? [])).toBe(SERIES);
  });

  test('an empty tag shows beside a mapping only', () => {
    const rows = [{ userspaceHandles: 1, id: 0, size: 4096, tag: '', mappings: [vma] }];
    expect(memtrackText('series', 1, rows).endsWith('00000000 \n')).toBe(true);
    expect(parseMemtrack(memtrackText('series', 1, rows))?.rows).toEqual(rows);
    const bare = [{ ...rows[0], mappings: [] }] as MemtrackRow[];
    expect(parseMemtrack(memtrackText('series', 1, bare))?.rows[0]?.tag).toBeNull();
  });

  test('a process that holds nothing has an empty file', () => {
    expect(parseMemtrack('')).toBeNull();
  });

  test('a line before the first row is kept apart', () => {
    expect(parseMemtrack(PATCH2.replace('\n', '\nCAMERA\n'))?.ignored).toEqual(['CAMERA']);
  });

  const tag = fc
    .string({ unit: fc.constantFrom('a', ' ', '\n', '0', 'é', '-'), minLength: 1, maxLength: 31 })
    .filter((text) => Buffer.byteLength(text) <= 31);
  const mapping = fc.record({
    start: fc.nat(2 ** 31).map((page) => page * 4096),
    end: fc.nat(2 ** 31).map((page) => page * 4096),
    perms: fc.constantFrom('rw-s', 'r--p'),
    io: fc.boolean(),
    offset: fc.nat(2 ** 20).map((page) => page * 4096),
  });
  const figures = { userspaceHandles: fc.nat(), id: fc.nat(), size: fc.maxSafeNat() };

  test('what the series prints is read again, newlines and blanks in tags included', () => {
    const row = fc.record({
      ...figures,
      tag: fc.option(tag),
      mappings: fc.array(mapping, { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        expect(parseMemtrack(memtrackText('series', 9, rows))?.rows).toEqual(rows);
      }),
      property(),
    );
  });

  test('what patch 2 prints is read again', () => {
    const row = fc.record({ ...figures, tag: fc.option(tag), mappings: fc.constant([]) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        expect(parseMemtrack(memtrackText('patch2', 9, rows))?.rows).toEqual(rows);
      }),
      property(),
    );
  });
});

describe('debugfs memtrack', () => {
  test('every buffer with its allocator', () => {
    const parsed = parseDebugMemtrack(DEBUG);
    expect(parsed).toEqual({
      ignored: [],
      rows: [
        { pid: 4242, size: 8294400, userspaceHandles: 2, id: 0, tag: 'CAMERA' },
        { pid: 7, size: 4096, userspaceHandles: 0, id: 17, tag: null },
      ],
    });
    expect(debugMemtrackText(parsed?.rows ?? [])).toBe(DEBUG);
  });

  test('the header stands alone when there is no buffer', () => {
    expect(parseDebugMemtrack(debugMemtrackText([]))).toEqual({ rows: [], ignored: [] });
    expect(parseDebugMemtrack('')).toBeNull();
  });

  test('a tag with newlines stays one tag', () => {
    const rows = [
      { pid: 1, size: 1, userspaceHandles: 1, id: 0, tag: 'a\n   1   4096 x\n' },
      { pid: 1, size: 1, userspaceHandles: 1, id: 1, tag: 'b' },
    ];
    expect(parseDebugMemtrack(debugMemtrackText(rows))?.rows).toEqual(rows);
  });
});
