import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDmabufFds, parseDmabufFds } from '../../lib/procfs/dmabuf-fds.ts';
import { property } from '../property.ts';

test('every entry is eight wide with a blank after it, and there is no newline', () => {
  expect(formatDmabufFds([27, 27, 123456789])).toBe('      27       27 123456789 ');
  expect(formatDmabufFds([])).toBe('');
});

test('the single blanks of the documentation are read too', () => {
  expect(parseDmabufFds('1 2 3\n')).toEqual({ inodes: [1, 2, 3], ignored: [] });
});

test('what is no inode number is kept apart', () => {
  expect(parseDmabufFds('      27 dmabuf 99999999999999999999 ')).toEqual({
    inodes: [27],
    ignored: ['dmabuf', '99999999999999999999'],
  });
});

test('what is printed is read again', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (inodes) => {
      expect(parseDmabufFds(formatDmabufFds(inodes))).toEqual({ inodes, ignored: [] });
    }),
    property(),
  );
});
