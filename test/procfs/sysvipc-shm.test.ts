import { expect, test } from 'vitest';
import { decodeText } from '../../lib/core/text.ts';
import { formatSysvipcShm, parseSysvipcShm } from '../../lib/procfs/sysvipc-shm.ts';
import { readBundle } from '../captures/bundle.ts';

const REMOVED =
  '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n' +
  '         0          0  1600                204800   169   168      2     0     0     0     0 1795264124          0 1795264124                204800                     0\n';

test.each(['names', 'ring-only'])('what a real kernel printed reads and prints back to the same bytes: %s', (name) => {
  const bundle = readBundle(new URL(`../captures/realkernel/${name}.snap.gz`, import.meta.url));
  const text = decodeText(bundle.find((file) => file.path === 'proc/sysvipc/shm')!.data);
  const { lines, ignored } = parseSysvipcShm(text);
  expect(ignored).toEqual([]);
  expect(formatSysvipcShm(lines)).toBe(text);
  if (name === 'names') expect(lines).toMatchObject([{ key: 0x5151, shmid: 0, perms: 0o600, size: 65536, nattch: 1 }]);
});

test('a segment that was removed has no key and SHM_DEST in octal', () => {
  const { lines } = parseSysvipcShm(REMOVED);
  expect(lines).toMatchObject([{ key: 0, perms: 0o1600, cpid: 169, lpid: 168, nattch: 2, dtime: 0 }]);
  expect(formatSysvipcShm(lines)).toBe(REMOVED);
});

test('keys are signed, wide figures push the rest, and what is no line is told', () => {
  const { lines } = parseSysvipcShm(REMOVED);
  const text = formatSysvipcShm([{ ...lines[0]!, key: -2147483648, cpid: 4194303, nattch: 100000 }]);
  expect(text.split('\n')[1]).toMatch(/^-2147483648 {10}0 {2}1600 {16}204800 4194303 {3}168 {2}100000 /);
  expect(parseSysvipcShm(text).lines).toMatchObject([{ key: -2147483648, cpid: 4194303, nattch: 100000 }]);
  expect(parseSysvipcShm('1 2 3\nnonsense\n').ignored).toEqual(['1 2 3', 'nonsense']);
  expect(parseSysvipcShm(text.replace('1600', '1900')).ignored).toHaveLength(1);
});
