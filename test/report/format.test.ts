import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { type Answer, formatAnswer, formatCsv, formatJson, makeAnswer } from '../../lib/report/index.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { buildSnapshot, type SnapshotSpec } from '../snapshot-builder.ts';
import { example, losses } from './example.ts';

const answer = makeAnswer(findHolding(example), { losses });
/** What a terminal obeys, newlines apart. */
const OBEYED = /(?!\n)\p{Cc}|\u202e/u;

const answerOf = (spec: SnapshotSpec): Answer => makeAnswer(findHolding(buildSnapshot(spec)));

describe('tables', () => {
  test('by process, with orphans and losses apart', () => {
    expect(formatAnswer(answer)).toBe(
      'At 12.500000 s: 2 buffers, 12 KiB; held by processes 8 KiB, by no process 4 KiB\n' +
        '3 processes: 2 alive, 1 killed\n' +
        '\n' +
        'PID  COMM    STATE             RSS    PSS  USS  BUFFERS  FDS  MAPS\n' +
        '612  camera  alive           8 KiB  4 KiB  0 B        1    2     1\n' +
        '700  viewer  alive           8 KiB  4 KiB  0 B        1    1     0\n' +
        '800  old     killed SIGSEGV    0 B    0 B  0 B        0    0     0\n' +
        '\n' +
        'Held by no process:\n' +
        'KEY  ID  INODE   SIZE  KIND     NAME  EXPORTER  KEPT BY              CREATOR\n' +
        '  2   1     28  4 KiB  dma-buf  -     -         a message in flight  -\n' +
        '\n' +
        'Not in this answer, or not certain:\n' +
        'SEVERITY  COUNT  WHAT                      MEANING\n' +
        'error         3  uninstall_without_handle  A buffer was released that was not held.\n',
    );
  });

  test('by buffer, with who holds it through what and since when', () => {
    expect(formatAnswer(answer, { by: 'buffer' }).split('\n').slice(3, 6)).toEqual([
      'KEY  ID  INODE   SIZE  KIND     NAME  EXPORTER      SINCE  HOLDERS',
      '  1   0     27  8 KiB  dma-buf  cam   system    12.000000  camera[612] 2 fds 1 map, viewer[700] 1 fd',
      '',
    ]);
  });

  test('by buffer in detail, a line per holder', () => {
    const detailed = makeAnswer(findHolding(example), { detail: true });
    expect(formatAnswer(detailed, { by: 'buffer', detail: true }).split('\n').slice(4, 6)).toEqual([
      '  1   0     27  8 KiB  dma-buf  cam   system    12.000000  camera[612] 2 fds (5 cloexec, 7) 1 map (7f390b6f0000+8 KiB rw-s)',
      '                                                           viewer[700] 1 fd (3)',
    ]);
  });

  test('rows that are cut are counted, with what they hold', () => {
    expect(formatAnswer(answer, { top: 1 })).toContain('… 2 more processes not shown, pss 4 KiB\n');
    const many = answerOf({
      buffers: [{ size: 4096 }, { sizeAtLeast: 1024 }, { size: 1024 }],
      processes: [
        {
          pid: 1,
          fds: [
            [3, 0],
            [4, 1],
            [5, 2],
          ],
        },
      ],
    });
    expect(formatAnswer(many, { by: 'buffer', top: 1 })).toContain('… 2 more buffers not shown, ≥ 2 KiB\n');
  });

  test('nothing is said of a cut where nothing is cut', () => {
    expect(formatAnswer(answer, { top: 3 })).not.toContain('more');
  });

  test.each([
    ['pss', [2, 3, 1]],
    ['rss', [2, 3, 1]],
    ['pid', [1, 2, 3]],
    ['comm', [3, 2, 1]],
    ['fds', [1, 3, 2]],
    ['started', [3, 1, 2]],
  ] as const)('sorted by %s', (sort, pids) => {
    const unsorted = answerOf({
      buffers: [{ size: 4096 }, { size: 8192 }],
      processes: [
        {
          pid: 3,
          comm: 'a',
          fds: [
            [3, 0],
            [4, 0],
          ],
        },
        {
          pid: 1,
          comm: 'c',
          fds: [
            [3, 0],
            [4, 0],
            [5, 0],
          ],
        },
        { pid: 2, comm: 'b', fds: [[3, 1]] },
      ],
    });
    const rows = formatAnswer(unsorted, { sort }).split('\n').slice(4, 7);
    expect(rows.map((row) => parseInt(row, 10))).toEqual(pids);
  });

  test('buffers sorted by time; what is not known stands last', () => {
    const two = answerOf({
      buffers: [{ key: 5 }, { key: 6, size: 1 }, { key: 7, size: 2 }],
      processes: [
        {
          pid: 1,
          fds: [
            [3, 0, 9n],
            [4, 1, 3n],
            [5, 2, 4n],
          ],
        },
      ],
    });
    const keys = (sort: 'since' | 'size' | 'key'): number[] =>
      formatAnswer(two, { by: 'buffer', sort })
        .split('\n')
        .slice(5, 8)
        .map((row) => parseInt(row, 10));
    expect(keys('since')).toEqual([6, 7, 5]);
    expect(keys('size')).toEqual([7, 6, 5]);
    expect(keys('key')).toEqual([5, 6, 7]);
  });

  test('many holders are counted, not listed', () => {
    const shared = answerOf({
      buffers: [{ size: 1 }],
      processes: Array.from({ length: 7 }, (_, i) => ({ pid: i + 1, comm: 'p', fds: [[3, 0]] as [number, number][] })),
    });
    expect(formatAnswer(shared, { by: 'buffer' })).toContain('p[1] 1 fd, p[2] 1 fd, p[3] 1 fd, p[4] 1 fd, +3 more\n');
  });

  test('who shares says with whom, and where its pss stands', () => {
    const twins = answerOf({
      buffers: [{ size: 4096 }],
      processes: [
        { pid: 10, tables: [1], fds: [[3, 0]] },
        { pid: 11, tables: [1] },
      ],
    });
    expect(formatAnswer(twins).split('\n').slice(4, 6)).toEqual([
      ' 10  -     alive  4 KiB  4 KiB  4 KiB        1    1     0  11',
      ' 11  -     alive  4 KiB  in 10  in 10        1    1     0  10',
    ]);
  });

  test('lower bounds are marked and explained', () => {
    const text = formatAnswer(answerOf({ buffers: [{ sizeAtLeast: 4096 }], processes: [{ pid: 1, fds: [[3, 0]] }] }));
    expect(text).toContain('≥ 4 KiB');
    expect(text).toContain('The size of 1 buffer is not known: sums are lower bounds.');
  });

  test('an empty state is one line', () => {
    expect(formatAnswer(answerOf({ at: null }))).toBe('At the end: 0 buffers, 0 B\n');
  });

  test('hostile names stay in their cells', () => {
    const text = formatAnswer(
      answerOf({
        buffers: [
          { size: 1, name: '\u001b[2J\n999 root', tag: '\u202ex', exporter: 'a\u009bb' },
          { size: 1, name: '\r' },
        ],
        processes: [{ pid: 1, comm: '\u001b]0;x\u0007', fds: [[3, 0]] }],
      }),
      { by: 'buffer' },
    );
    expect(text).not.toMatch(OBEYED);
    expect(text.split('\n').filter((line) => line.startsWith('999'))).toEqual([]);
  });

  test('colours are only those passed in, and do not move columns', () => {
    const coloured = formatAnswer(answer, { ink: pc.createColors(true) });
    expect(coloured).toContain('\u001b[31mkilled SIGSEGV\u001b[39m');
    expect(stripVTControlCharacters(coloured).replace(/ +$/gm, '')).toBe(formatAnswer(answer));
  });
});

describe('JSON', () => {
  test('is the answer, one row on a line', () => {
    const text = formatJson(answer);
    expect(JSON.parse(text)).toEqual(answer);
    expect(text.split('\n').filter((line) => line.startsWith('    {'))).toHaveLength(6);
  });

  test('holds nothing that a terminal obeys, and reads back the same', () => {
    const hostile = { schema: 'x', rows: [{ name: '\u009b2J\u202e\u007f\u001b[31m\udcff' }], none: undefined };
    expect(formatJson(hostile)).not.toMatch(OBEYED);
    expect(JSON.parse(formatJson(hostile))).toEqual({
      schema: 'x',
      rows: [{ name: '\u009b2J\u202e\u007f\u001b[31m\udcff' }],
    });
  });
});

describe('CSV', () => {
  test('a row per process', () => {
    expect(formatCsv(answer, 'process')).toBe(
      'pid,comm,state,status,rss,pss,uss,buffers,fds,maps,handles,shared_with,known\n' +
        '612,camera,alive,,8192,4096,0,1,2,1,0,,exact\n' +
        '700,viewer,alive,,8192,4096,0,1,1,0,0,,exact\n' +
        '800,old,killed,11,0,0,0,0,0,0,0,,exact\n',
    );
  });

  test('a row per buffer', () => {
    expect(formatCsv(answer, 'buffer').split('\n').slice(1)).toEqual([
      '1,0,27,8192,,,cam,,dma-buf,system,612,4,2,exact,0,,2,612 700',
      '2,1,28,4096,,,,,dma-buf,,,,,exact,1,inFlight,0,',
      '',
    ]);
  });

  test('a row per buffer and holder', () => {
    expect(formatCsv(answer, 'holder').split('\n').slice(1)).toEqual([
      '1,0,27,8192,,,cam,,dma-buf,system,612,4,2,exact,612,2,1,0,12000000000',
      '1,0,27,8192,,,cam,,dma-buf,system,612,4,2,exact,700,1,0,0,12400000000',
      '',
    ]);
  });

  test.each([
    ['=cmd()', "'=cmd()"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['a\nb', 'a\\nb'],
    ['', '""'],
    [' x', '" x"'],
    ['＝1', "'＝1"],
  ])('the name %j becomes %s', (name, cell) => {
    const csv = formatCsv(answerOf({ buffers: [{ size: 1, name }] }), 'buffer');
    expect(csv.split('\n')[1]).toBe(`1,,,1,,,${cell},,dma-buf,,,,,exact,0,unknown,0,`);
  });
});
