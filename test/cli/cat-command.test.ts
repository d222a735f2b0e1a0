import { describe, expect, test } from 'vitest';
import { parseBufinfo } from '../../lib/procfs/bufinfo-parse.ts';
import { parseFdinfo } from '../../lib/procfs/fdinfo.ts';
import { parseMaps } from '../../lib/procfs/maps.ts';
import { parseMemtrack } from '../../lib/procfs/memtrack.ts';
import { DMABUF, PYTHON, runHere } from './captured-io.ts';

const AT = ['--at', '1795267381.188111875'];

describe('cat', () => {
  test('/proc/PID/memtrack', async () => {
    const { status, stdout, stderr } = await runHere('cat', PYTHON, '/proc/17069/memtrack', ...AT);
    expect([status, stderr]).toEqual([0, '']);
    const rows = parseMemtrack(stdout)!.rows;
    expect(rows.map(({ id, size, userspaceHandles }) => [id, size, userspaceHandles])).toEqual([
      [0, 3145728, 3],
      [2, 131072, 3],
      [3, 262144, 2],
    ]);
    expect(rows[2]!.mappings.map(({ start, offset }) => [start.toString(16), offset])).toEqual([
      ['7faad36a5000', 65536],
      ['7faad36b5000', 0],
    ]);
  });

  test('a process that holds nothing has an empty file', async () => {
    expect(await runHere('cat', PYTHON, '/proc/17070/memtrack', ...AT)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('/sys/kernel/debug/memtrack', async () => {
    const { stdout } = await runHere('cat', PYTHON, '/sys/kernel/debug/memtrack', ...AT);
    expect(stdout.trim().split('\n')).toHaveLength(5);
  });

  test('/proc/PID/maps, and what stands in for what is not known', async () => {
    const { stdout, stderr } = await runHere('cat', PYTHON, '/proc/17071/maps', ...AT);
    const { lines, ignored } = parseMaps(stdout);
    expect(ignored).toEqual([]);
    expect(lines.map(({ start, path, perms, deleted }) => [start.toString(16), path, perms, deleted])).toEqual([
      ['7faad3395000', '/memfd:tile-1', 'rw-s', true],
      ['7faad33b5000', '/memfd:tile-0', 'rw-s', true],
      ['7faad33c5000', '/dev/shm/demo-ring', 'rw-s', false],
      ['7faad3700000', '/dev/shm/demo-ring', 'rw-s', false],
    ]);
    expect(stderr).toMatch(/not in the trace: inode numbers are 0/);
  });

  test('/proc/PID/fdinfo/N of a dma-buf', async () => {
    const { stdout, stderr } = await runHere('cat', DMABUF, '/proc/173/fdinfo/7', '--at', '1795267407.6');
    expect(parseFdinfo(stdout)!.dmaBuf).toEqual({ size: 0, count: 3, exporter: 'udmabuf', name: 'cam-frame-0' });
    expect(stderr).toMatch(/sizes that the recording does not tell/);
  });

  test('/proc/PID/task/TID/dmabuf_fds: once per descriptor', async () => {
    const { stdout } = await runHere('cat', DMABUF, '/proc/173/task/173/dmabuf_fds', '--at', '1795267407.6');
    expect(stdout.trim().split(/ +/)).toHaveLength(6);
  });

  test('/sys/kernel/debug/dma_buf/bufinfo', async () => {
    const { stdout } = await runHere('cat', DMABUF, '/sys/kernel/debug/dma_buf/bufinfo', '--at', '1795267407.6');
    expect(parseBufinfo(stdout)!.objects.map(({ name, exporter }) => [name, exporter])).toEqual([
      [null, 'system'],
      [null, 'system'],
      [null, 'udmabuf'],
      ['cam-frame-0', 'udmabuf'],
    ]);
  });

  test('a directory is its names, a link where it leads', async () => {
    const fds = await runHere('cat', DMABUF, '/proc/173/fd', '--at', '1795267407.6');
    expect(fds.stdout.split('\n')).toContain('7');
    const link = await runHere('cat', DMABUF, '/proc/173/fd/7', '--at', '1795267407.6');
    expect([link.status, link.stdout]).toEqual([0, '/dmabuf:cam-frame-0\n']);
  });

  test('/proc/PID/status names what it does not know', async () => {
    const { stdout, stderr } = await runHere('cat', PYTHON, '/proc/17071/status', ...AT);
    expect(stdout).toMatch(/^Name:\t.*\n(.*\n)*Pid:\t17071\n/);
    expect(stderr).toMatch(/not in the trace: VmSize and RSS are of shared buffers alone/);
  });

  test.each([
    '/proc/1/memtrack',
    '/proc/17069/fdinfo/999',
    '/proc/17069/task/17070/dmabuf_fds',
    '/etc/passwd',
    '/proc/017069/memtrack',
    '/proc/17069/fdinfo/03',
    'memtrack',
  ])('%s is not there', async (path) => {
    const { status, stdout, stderr } = await runHere('cat', PYTHON, path, ...AT);
    expect([status, stdout, stderr]).toEqual([1, '', `memtrack: ${path}: No such file or directory\n`]);
  });

  test('a path cannot write on the terminal', async () => {
    const { stderr } = await runHere('cat', PYTHON, '/proc/\u001b[2J', ...AT);
    expect(stderr).toMatch(/: No such file or directory\n$/);
    expect(stderr).not.toContain('\u001b');
  });

  test('a process that has ended has no files', async () => {
    expect((await runHere('cat', PYTHON, '/proc/17384/memtrack')).status).toBe(1);
  });
});
