/** S9: P1's file F1 makes an object of 8 MiB and exports it; P2's file F2 imports it twice, and opens it by name twice. */
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import { DRM_DRIVERS } from '../../lib/drivers/drm-driver.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseDrmFdinfo } from '../../lib/procfs/drm-fdinfo-parse.ts';
import { chargesOf, openMachine, SIZE } from './stage.ts';

interface Scene {
  readonly kernel: Machine;
  readonly p1: Task;
  readonly p2: Task;
  readonly f1: number;
  readonly f2: number;
}

/** F1 has handle 1; its driver prints DRM's lines of fdinfo. */
function start(): Scene {
  const kernel = openMachine('intended');
  const { card } = kernel.drmDevice({ ...DRM_DRIVERS.vgem, fdinfo: true });
  const [p1, p2] = [kernel.spawn({ pid: 100 }), kernel.spawn({ pid: 200 })];
  const [f1, f2] = [kernel.drm.open(p1, card.path), kernel.drm.open(p2, card.path)];
  expect(kernel.drm.createObject(p1, f1, SIZE)).toBe(1);
  return { kernel, p1, p2, f1, f2 };
}

/** drm-total-memory and drm-shared-memory, as printed. */
function figures(kernel: Machine, task: Task, fd: number): readonly string[] {
  const text = kernel.read(`/proc/${task.pid}/fdinfo/${fd}`);
  return ['total', 'shared'].map((stat) => new RegExp(`^drm-${stat}-memory:\t(.*)$`, 'm').exec(text)?.[1] ?? '-');
}

describe('S9, GEM', () => {
  test('an import twice is one handle, and sharing shows in both until F1 closes its own', () => {
    const { kernel, p1, p2, f1, f2 } = start();
    const { drm } = kernel;
    expect(figures(kernel, p1, f1)).toEqual(['8 MiB', '0']);
    const out = drm.primeHandleToFd(p1, f1, 1);
    const received = p2.install(p1.file(out).get());
    expect(drm.primeFdToHandle(p2, f2, received)).toBe(1);
    const { refs } = p2.file(received);
    expect(drm.primeFdToHandle(p2, f2, received)).toBe(1);
    expect(p2.file(received).refs).toBe(refs);
    expect(figures(kernel, p1, f1)).toEqual(['8 MiB', '8 MiB']);
    expect(figures(kernel, p2, f2)).toEqual(['8 MiB', '8 MiB']);
    expect(chargesOf(kernel, 'rss')).toEqual({ 100: SIZE, 200: SIZE });
    expect(chargesOf(kernel, 'pss')).toEqual({ 100: SIZE / 2, 200: SIZE / 2 });

    p1.close(out);
    p2.close(received);
    drm.gemClose(p2, f2, 1);
    expect(drm.object(p1, f1, 1).handles).toBe(1);
    expect(figures(kernel, p2, f2)).toEqual(['0', '0']);
    expect(figures(kernel, p1, f1)).toEqual(['8 MiB', '8 MiB']);
    expect(chargesOf(kernel, 'pss')).toEqual({ 100: SIZE });

    drm.gemClose(p1, f1, 1);
    expect(figures(kernel, p1, f1)).toEqual(['0', '0']);
    expect(kernel.buffers.size).toBe(0);
  });

  test('opened by name twice it has two handles and counts twice', () => {
    const { kernel, p1, p2, f1, f2 } = start();
    const name = kernel.drm.gemFlink(p1, f1, 1);
    expect(kernel.drm.gemOpen(p2, f2, name)).toEqual({ handle: 1, size: SIZE });
    expect(kernel.drm.gemOpen(p2, f2, name)).toEqual({ handle: 2, size: SIZE });
    expect(figures(kernel, p2, f2)).toEqual(['16 MiB', '16 MiB']);
    expect(figures(kernel, p1, f1)).toEqual(['8 MiB', '8 MiB']);
    expect(chargesOf(kernel, 'drmFdinfo')).toEqual({ 100: SIZE, 200: 2 * SIZE });
    // A buffer that is held twice is charged once.
    expect(chargesOf(kernel, 'rss')).toEqual({ 100: SIZE, 200: SIZE });
  });

  test('one client-id per open file, whatever fd it is seen at', () => {
    const { kernel, p1, p2, f1, f2 } = start();
    const ids = [
      [p1, f1],
      [p1, p1.dup(f1)],
      [p2, p2.install(p1.file(f1).get())],
      [p2, f2],
    ] as const;
    const seen = ids.map(([task, fd]) => parseDrmFdinfo(kernel.read(`/proc/${task.pid}/fdinfo/${fd}`))?.clientId);
    expect(seen).toEqual([1, 1, 1, 2]);
  });
});
