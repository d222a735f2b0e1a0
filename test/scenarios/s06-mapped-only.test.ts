/** S6: P1 maps B and closes its only fd. */
import { expect, test } from 'vitest';
import { allocateShared, BOTH, chargesOf, fill, handleOf, openMachine, SIZE, userspaceHandles } from './stage.ts';

test.each(BOTH)('S6, mapped only, %s', (semantics) => {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100 });
  fill(p1, 3);
  const { buffer } = allocateShared(kernel, p1);
  p1.mmap({ fd: 3, length: SIZE });
  p1.close(3);

  const posted = semantics === 'posted';
  expect(handleOf(p1, buffer)).toEqual(posted ? null : { kref: 0, vmas: 1 });
  expect(userspaceHandles(kernel, buffer)).toBe(posted ? 0 : 1);
  expect(kernel.read('/proc/100/memtrack') === '').toBe(posted);

  expect(() => kernel.read('/proc/100/fdinfo/3')).toThrow('ENOENT');
  expect(kernel.read('/sys/kernel/debug/dma_buf/bufinfo')).toContain('\t00000001\tion\t00000027\t');
  expect(kernel.read('/proc/100/maps')).toMatch(/^\S+ rw-s 00000000 00:0b 27 +\/dmabuf:\n$/);
  expect(kernel.read('/proc/100/task/100/dmabuf_fds')).toBe('');

  for (const rule of ['libdmabufinfoRss', 'libdmabufinfoPss', 'rss', 'pss', 'uss', 'memcgDmabuf'] as const)
    expect(chargesOf(kernel, rule), rule).toEqual({ 100: SIZE });
  for (const rule of ['dmabufFds', 'perFileBadness', 'perFileRss', 'smapsRss', 'smapsPss'] as const)
    expect(chargesOf(kernel, rule), rule).toEqual({});

  p1.munmap(p1.mm.vmas[0]!.start, SIZE);
  expect(kernel.buffers.size).toBe(0);
});
