import { expect, test } from 'vitest';
import { formatSize } from '../../lib/report/size.ts';
import { formatTime } from '../../lib/report/time.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [8294400, '7.9 MiB'],
  [2 ** 20 - 1, '1 MiB'],
  [2 ** 20 - 51, '1 MiB'],
  [2 ** 20 - 103, '1023.9 KiB'],
  [2 ** 40, '1 TiB'],
  [2 ** 62, '4 EiB'],
  [2 ** 70, '1024 EiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('what is not known is not a number', () => {
  expect(formatSize(null)).toBe('?');
  expect(formatSize(4096, true)).toBe('≥ 4 KiB');
});

test.each([
  [812400117000n, '812.400117'],
  [0n, '0.000000'],
  [1n, '0.000000001'],
  [1795262328275277710n, '1795262328.27527771'],
  [-1500000000n, '-1.500000'],
  [12500000000n, '12.500000'],
  [1000001n, '0.001000001'],
])('%d ns are %s s', (time, text) => {
  expect(formatTime(time)).toBe(text);
});
