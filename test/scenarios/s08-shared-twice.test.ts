/** S8: P1 shares one ION buffer twice: fds 3 and 4 are two dma-bufs, with inodes 27 and 28, of 8 MiB each. */
import { expect, test } from 'vitest';
import {
  allocate,
  BOTH,
  chargesOf,
  countIn,
  DEVICE,
  fill,
  handleOf,
  openMachine,
  SIZE,
  userspaceHandles,
} from './stage.ts';

test.each(BOTH)('S8, two dma-bufs of one ION buffer, %s', (semantics) => {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100, comm: 'p1' });
  fill(p1, 3);
  const handle = allocate(kernel, p1);
  const ion = kernel.ion();
  expect([ion.share(p1, DEVICE, handle), ion.share(p1, DEVICE, handle)]).toEqual([3, 4]);

  const buffer = p1.file(3).buffer!;
  expect([handleOf(p1, buffer), userspaceHandles(kernel, buffer)]).toEqual([{ kref: 2, vmas: 0 }, 1]);
  expect(kernel.snapshot().buffers.id).toEqual([0]);

  expect([countIn(kernel, p1, 3), countIn(kernel, p1, 4)]).toEqual([1, 1]);
  expect(kernel.read('/proc/100/task/100/dmabuf_fds')).toBe('      27       28 ');
  const bufinfo = kernel.read('/sys/kernel/debug/dma_buf/bufinfo');
  expect(bufinfo.match(/^08388608\t.*$/gm)).toEqual([
    '08388608\t00000002\t00080007\t00000001\tion\t00000028\t<none>',
    '08388608\t00000002\t00080007\t00000001\tion\t00000027\t<none>',
  ]);
  expect(bufinfo).toContain(`\nTotal 2 objects, ${2 * SIZE} bytes\n`);

  expect(kernel.read('/sys/kernel/debug/ion/heaps/system')).toContain(
    '              p1              100          8388608\n',
  );
  expect(kernel.read('/sys/kernel/debug/ion/heaps/system')).toContain('          total           8388608\n');

  for (const rule of [
    'libdmabufinfoRss',
    'libdmabufinfoPss',
    'dmabufFds',
    'memcgDmabuf',
    'perFileBadness',
    'perFileRss',
  ] as const)
    expect(chargesOf(kernel, rule), rule).toEqual({ 100: 2 * SIZE });
  for (const rule of ['memtrack', 'ionDebugfs', 'rss', 'pss', 'uss'] as const)
    expect(chargesOf(kernel, rule), rule).toEqual({ 100: SIZE });
});
