import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fdinfo, formatFdinfo, parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { property } from '../property.ts';

const golden =
  'pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t27\nsize:\t8294400\ncount:\t3\nexp_name:\tsystem\nname:\tCAMERA\n';
const camera: Fdinfo = {
  pos: 0,
  flags: 0o2000002,
  mountId: 15,
  inode: 27,
  other: '',
  scmFds: null,
  dmaBuf: { size: 8294400, count: 3, exporter: 'system', name: 'CAMERA' },
};

test('a dma-buf prints size, count, exp_name and name after the common lines', () => {
  expect(formatFdinfo(camera)).toBe(golden);
  expect(parseFdinfo(golden)).toEqual(camera);
});

test('a dma-buf that was never named has no name line; one named "" has an empty one', () => {
  const unnamed = { ...camera, dmaBuf: { size: 4096, count: 1, exporter: 'system', name: null } };
  expect(formatFdinfo(unnamed).endsWith('exp_name:\tsystem\n')).toBe(true);
  expect(parseFdinfo(formatFdinfo(unnamed))).toEqual(unnamed);
  const empty = { ...camera, dmaBuf: { ...unnamed.dmaBuf, name: '' } };
  expect(formatFdinfo(empty).endsWith('exp_name:\tsystem\nname:\t\n')).toBe(true);
  expect(parseFdinfo(formatFdinfo(empty))).toEqual(empty);
});

test('another file has the common lines only, flags 0 as 00', () => {
  const plain = { ...camera, flags: 0, dmaBuf: null };
  expect(formatFdinfo(plain)).toBe('pos:\t0\nflags:\t00\nmnt_id:\t15\nino:\t27\n');
  expect(parseFdinfo(formatFdinfo(plain))).toEqual(plain);
});

test('a socket prints scm_fds with a blank', () => {
  const socket = { ...camera, dmaBuf: null, scmFds: 2 };
  expect(formatFdinfo(socket)).toBe('pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t27\nscm_fds: 2\n');
  expect(parseFdinfo(formatFdinfo(socket))).toEqual(socket);
});

test('a file with size but no exp_name is not a dma-buf; what it prints is kept', () => {
  const text = 'pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t27\nsize:\t4096\ncount:\t1\n';
  expect(parseFdinfo(text)).toMatchObject({ dmaBuf: null, other: 'size:\t4096\ncount:\t1\n' });
});

test('a lock on the file stands before what the dma-buf prints', () => {
  const text = golden.replace('size:', 'lock:\t1: POSIX  ADVISORY  WRITE 612 00:0b:27 0 EOF\nsize:');
  const info = parseFdinfo(text);
  expect(info).toMatchObject({
    other: 'lock:\t1: POSIX  ADVISORY  WRITE 612 00:0b:27 0 EOF\n',
    dmaBuf: { name: 'CAMERA' },
  });
  expect(info && formatFdinfo(info)).toBe(text);
});

test('a name cannot forge a line', () => {
  const forged = {
    ...camera,
    dmaBuf: { size: 1, count: 1, exporter: 'system', name: 'x\nsize:\t9\ncount:\t9\nexp_name:\ty' },
  };
  expect(parseFdinfo(formatFdinfo(forged))).toEqual(forged);
});

test('a kernel before 5.14 prints no ino', () => {
  expect(parseFdinfo(golden.replace('ino:\t27\n', ''))).toEqual({ ...camera, inode: null });
});

test('a pasted dump with blanks for tabs and no last newline is read', () => {
  expect(parseFdinfo(golden.replaceAll('\t', '   ').slice(0, -1))).toEqual(camera);
});

test('a figure no double can hold is NaN, not another figure', () => {
  expect(parseFdinfo(golden.replace('pos:\t0', 'pos:\t9223372036854775807'))?.pos).toBeNaN();
});

test.each(['', 'ref_count', 'flags:\t9\n', 'size:\t1\n'])('%j is not a fdinfo file', (text) => {
  expect(parseFdinfo(text)).toBeNull();
});

test('what is printed is read again', () => {
  const figure = fc.maxSafeNat();
  const dmaBuf = fc.record({
    size: figure,
    count: fc.integer(),
    exporter: fc.constantFrom('system', 'udmabuf', 'drm'),
    name: fc.option(fc.string({ maxLength: 31 })),
  });
  const info = fc.record({
    pos: figure,
    flags: figure,
    mountId: figure,
    inode: fc.option(figure),
    other: fc.constant(''),
    scmFds: fc.constant(null),
    dmaBuf,
  });
  fc.assert(
    fc.property(info, (value) => {
      expect(parseFdinfo(formatFdinfo(value))).toEqual(value);
    }),
    property(),
  );
});
