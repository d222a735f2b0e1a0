import { expect, test } from 'vitest';
import { type BundleRecord, formatBundle, parseBundle, playScenario } from '../../lib/scenario/index.ts';

const RECORDS: readonly BundleRecord[] = [
  { type: 'dir', path: 'proc/7/fd' },
  { type: 'link', path: 'proc/7/fd/3', text: '/memfd:a\nb (deleted)', attributes: { dev: '0:1', ino: '7', size: '0' } },
  { type: 'file', path: 'dev/a b\\c\nd', text: 'é\udcff\n@file x 9\n' },
  { type: 'file', path: 'empty', text: '' },
  { type: 'stat', path: 'dev/shm/x', attributes: { size: '4096' } },
  { type: 'error', path: 'proc/7/maps', errno: 'ESRCH' },
];

test('a bundle is read back as it was written, whatever its names and texts hold', () => {
  expect(parseBundle(formatBundle(RECORDS))).toEqual(RECORDS);
});

test('one that is cut short, or none, is refused', () => {
  const bytes = formatBundle(RECORDS.slice(0, 3));
  expect(() => parseBundle(bytes.subarray(0, bytes.length - 5))).toThrow(SyntaxError);
  expect(() => parseBundle(Buffer.from('hello\n'))).toThrow(SyntaxError);
});

test('a played step has the text of the modelled kernel', () => {
  const [step] = playScenario('actor a\na heap h 4K name=x\nsnap s');
  const paths = step!.files.map(({ path }) => path);
  expect(paths).toContain('sys/kernel/debug/dma_buf/bufinfo');
  expect(step!.files.find(({ path }) => path.endsWith('/fd/6'))).toMatchObject({ type: 'link', text: '/dmabuf:x' });
});
