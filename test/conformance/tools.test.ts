import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readCaptures } from './captures.ts';
import { describeCaptures } from './describe.ts';
import { expandBundle } from './expand.ts';

test('a capture expands into a tree', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-expand-'));
  try {
    expandBundle(path.join(import.meta.dirname, 'captures/debian-6.12/dmabuf-life/00-created.snap.gz'), directory);
    expect(readlinkSync(path.join(directory, 'proc/173/fd/7'))).toBe('/dmabuf:cam-frame-0');
    expect(readFileSync(path.join(directory, 'proc/173/comm'), 'utf8')).toBe('camera\n');
    const links = JSON.parse(readFileSync(path.join(directory, 'links.json'), 'utf8')) as Record<string, object>;
    expect(links['proc/173/fd/7']).toMatchObject({ target: '/dmabuf:cam-frame-0', dev: '0:11', size: '1048576' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('captures are described by who held what', () => {
  const text = describeCaptures(readCaptures(import.meta.dirname));
  expect(text).toContain('**frame1** (dma-buf 256K): in flight to encoder');
  expect(text).toContain('**surface** (gem 1200K): compositor map 1200K');
});
