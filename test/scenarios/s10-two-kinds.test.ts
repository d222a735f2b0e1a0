/** S10: P1 holds GEM handle 1 and an fd of the dma-buf of one buffer: one memtrack_buffer in two forms. */
import { expect, test } from 'vitest';
import { findHolding } from '../../lib/rules/index.ts';
import { chargesOf, handleOf, openMachine, SIZE, userspaceHandles } from './stage.ts';

test('S10, two kinds of handle, intended', () => {
  const kernel = openMachine('intended');
  const { card } = kernel.drmDevice('vgem');
  const p1 = kernel.spawn({ pid: 100 });
  const fd = kernel.drm.open(p1, card.path);
  const handle = kernel.drm.createObject(p1, fd, SIZE);
  const out = kernel.drm.primeHandleToFd(p1, fd, handle);
  const { buffer } = kernel.drm.object(p1, fd, handle);
  expect(handleOf(p1, buffer)).toEqual({ kref: 2, vmas: 0 });
  expect(userspaceHandles(kernel, buffer)).toBe(1);
  expect(kernel.read('/proc/100/memtrack').split('\n')).toHaveLength(3);
  expect(chargesOf(kernel, 'memtrack')).toEqual({ 100: SIZE });
  expect([...findHolding(kernel.snapshot()).byProcess.handles]).toEqual([0, 1]);

  p1.close(out);
  expect(handleOf(p1, buffer)).toEqual({ kref: 1, vmas: 0 });
  expect(userspaceHandles(kernel, buffer)).toBe(1);

  kernel.drm.gemClose(p1, fd, handle);
  expect(kernel.read('/proc/100/memtrack')).toBe('');
  expect(kernel.buffers.size).toBe(0);
});

test('memtrack follows the DRM file: a dup adds nothing, a child and a receiver have its handles, exec and close take them', () => {
  const kernel = openMachine('intended');
  const { card } = kernel.drmDevice('vgem');
  const p1 = kernel.spawn({ pid: 100 });
  const p2 = kernel.spawn({ pid: 200 });
  const fd = kernel.drm.open(p1, card.path);
  const { buffer } = kernel.drm.object(p1, fd, kernel.drm.createObject(p1, fd, SIZE));
  const copy = p1.dup(fd);
  expect(handleOf(p1, buffer)).toEqual({ kref: 1, vmas: 0 });
  const child = p1.fork();
  const received = p2.install(p1.file(fd).get());
  expect(userspaceHandles(kernel, buffer)).toBe(3);
  kernel.drm.gemOpen(p2, received, kernel.drm.gemFlink(p1, fd, 1));
  expect([p1, p2, child].map((task) => handleOf(task, buffer)?.kref)).toEqual([2, 2, 2]);
  child.setCloexec(copy, true);
  child.exec();
  expect(userspaceHandles(kernel, buffer)).toBe(2);
  kernel.drm.gemClose(p2, received, 1);
  expect([p1, p2, child].map((task) => handleOf(task, buffer)?.kref)).toEqual([1, 1, undefined]);
  p1.close(fd);
  expect(handleOf(p1, buffer)?.kref).toBe(1);
  p1.dup2(copy, 9);
  p1.close(copy);
  p1.dup2(p1.socketpair()[0], 9);
  expect(handleOf(p1, buffer)).toBeNull();
  p2.exit();
  expect(kernel.buffers.size).toBe(0);
  expect(kernel.tracker!.counters().filter(({ count }) => count > 0)).toEqual([]);
});
