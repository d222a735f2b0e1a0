import { describe, expect, test } from 'vitest';
import { decodeText } from '../../lib/core/text.ts';
import { formatSmaps, formatSmapsRollup, parseSmaps, parseSmapsRollup } from '../../lib/procfs/smaps.ts';
import { formatStat, parseStat, STAT } from '../../lib/procfs/stat.ts';
import { formatStatm, parseStatm } from '../../lib/procfs/statm.ts';
import { formatStatus, parseStatus } from '../../lib/procfs/status.ts';
import { readBundle } from '../captures/bundle.ts';

const files = ['thread-files', 'names', 'ring-only', 'shared'].flatMap((name) =>
  readBundle(new URL(`../captures/realkernel/${name}.snap.gz`, import.meta.url)),
);

/** What the real kernel showed at paths with this ending. */
function shown(ending: string): readonly string[] {
  return files.filter(({ path }) => path.endsWith(`/${ending}`)).map(({ data }) => decodeText(data));
}

describe('what a real kernel showed prints back to the same bytes', () => {
  test('status', () => {
    const texts = shown('status');
    expect(texts.length).toBeGreaterThan(5);
    for (const text of texts) {
      const status = parseStatus(text);
      expect(status === null ? null : formatStatus(status)).toBe(text);
      expect(status?.mm === null).toBe(status?.state === 'Z (zombie)');
    }
  });

  test('stat', () => {
    const texts = shown('stat');
    expect(texts.length).toBeGreaterThan(5);
    for (const text of texts) {
      const stat = parseStat(text);
      expect(stat === null ? null : formatStat(stat)).toBe(text);
      expect(stat?.columns[STAT.RSSLIM]).toBe(2n ** 64n - 1n);
    }
  });

  test('statm', () => {
    const texts = shown('statm');
    expect(texts.length).toBeGreaterThan(5);
    for (const text of texts) {
      const statm = parseStatm(text);
      expect(statm === null ? null : formatStatm(statm)).toBe(text);
    }
  });

  test('smaps and smaps_rollup', () => {
    const smaps = shown('smaps');
    const rollups = shown('smaps_rollup').filter((text) => text !== '');
    expect([smaps.length > 0, rollups.length > 0]).toEqual([true, true]);
    for (const text of smaps) {
      const { mappings, ignored } = parseSmaps(text);
      expect(ignored).toEqual([]);
      expect(formatSmaps(mappings)).toBe(text);
    }
    for (const text of rollups) {
      const rollup = parseSmapsRollup(text);
      expect(rollup === null ? null : formatSmapsRollup(rollup)).toBe(text);
    }
  });
});

test('a dma-buf costs its mapper nothing, a memfd what was touched', () => {
  const smaps = `7f4226277000-7f4226297000 rw-s 00010000 00:0b 2                          /dmabuf:cam-frame-1
Size:                128 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                   0 kB
Pss:                   0 kB
THPeligible:           0
ProtectionKey:         0
VmFlags: rd wr sh mr mw me ms pf de dd sd 
`;
  const { mappings, ignored } = parseSmaps(`${smaps}nonsense\n`);
  expect(ignored).toEqual(['nonsense']);
  expect(mappings).toMatchObject([
    {
      line: { path: '/dmabuf:cam-frame-1', inode: 2 },
      figures: { Size: 128, Rss: 0 },
      flags: ['rd', 'wr', 'sh', 'mr', 'mw', 'me', 'ms', 'pf', 'de', 'dd', 'sd'],
    },
  ]);
  expect(formatSmaps(mappings)).toBe(smaps);
});

describe('names', () => {
  test('are escaped in status and raw in stat', () => {
    const status = parseStatus(shown('status')[0]!)!;
    const text = formatStatus({ ...status, name: 'a\nState:\\' });
    expect(text.split('\n')[0]).toBe('Name:\ta\\nState:\\\\');
    expect(parseStatus(text)?.name).toBe('a\nState:\\');
    const stat = formatStat({ pid: 7, comm: ') Z 1 (\n', state: 'S', columns: { [STAT.PPID]: 1 } });
    expect(stat.startsWith('7 () Z 1 (\n) S 1 0 ')).toBe(true);
    expect(parseStat(stat)?.comm).toBe(') Z 1 (\n');
  });
});

test('other texts are none of them', () => {
  for (const text of ['', 'x', 'Name:\tx\n', '1 (x) S 1\n', '1 2 3\n']) {
    expect([parseStatus(text), parseStat(text), parseStatm(text), parseSmapsRollup(text)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  }
  expect(formatStatm(parseStatm('0 0 0 0 0 0 0\n')!)).toBe('0 0 0 0 0 0 0\n');
});
