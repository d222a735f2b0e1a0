import { describe, expect, test } from 'vitest';
import { parseSelector } from '../../lib/cli/buffer-selector.ts';
import type { AnswerBuffer } from '../../lib/report/index.ts';
import { DMABUF, PYTHON, runHere } from './captured-io.ts';

const AT = ['--at', '1795267381.188111875'];

describe('who', () => {
  test.each(['name:tile-1', 'key:3', 'id:2', 'tile-1', 'e-1'])('%s', async (which) => {
    const { status, stdout } = await runHere('who', PYTHON, which, ...AT, '--json');
    expect(status).toBe(0);
    const { schema, buffer } = JSON.parse(stdout) as { readonly schema: string; readonly buffer: AnswerBuffer };
    expect([schema, buffer.name]).toEqual(['memtrack-who/1', 'tile-1']);
    expect(buffer.holders.map(({ pid, fds, maps }) => [pid, fds, maps])).toEqual([
      [17069, 1, 0],
      [17071, 1, 1],
      [17384, 1, 0],
    ]);
  });

  test('as text: through what, since when', async () => {
    const { stdout } = await runHere('who', PYTHON, 'name:tile-0', ...AT);
    expect(stdout).toMatch(/tile-0/);
    expect(stdout).toMatch(/python3\[17071\] 1 fd \(20 cloexec\) 1 map \(7faad33b5000\+64 KiB rw-s\)/);
    expect(stdout).toMatch(/1795267380\.047370/);
  });

  test('a word that fits several lists them', async () => {
    const { status, stdout, stderr } = await runHere('who', PYTHON, 'tile', ...AT);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^memtrack: tile fits 3 buffers: key:2 \(tile-0, 64 KiB\), key:3 \(tile-1, 128 KiB\), key:4/,
    );
  });

  test('a word that fits none', async () => {
    const { status, stderr } = await runHere('who', DMABUF, 'key:99');
    expect(status).toBe(1);
    expect(stderr).toMatch(/no buffer that lives then is key:99/);
  });

  test('by inode, alone and with its device', () => {
    const buffer = { files: [{ dev: '0:11', inode: 27 }], name: null, tag: 'cam' } as unknown as AnswerBuffer;
    expect(
      ['ino:27', 'dev:ino:0:11/27', 'cam', 'ino:28', 'dev:ino:0:12/27', 'name:cam'].map((text) =>
        parseSelector(text)(buffer),
      ),
    ).toEqual([true, true, true, false, false, false]);
  });
});
