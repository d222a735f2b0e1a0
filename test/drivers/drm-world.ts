/** What tests of DRM share: a kernel with devices, and tasks that have them open. */
import { onTestFinished } from 'vitest';
import { DmaBufs } from '../../lib/drivers/dma-buf.ts';
import { DmaHeap } from '../../lib/drivers/dma-heap.ts';
import type { DrmDevice } from '../../lib/drivers/drm-device.ts';
import type { DRM_DRIVERS, DrmDriver } from '../../lib/drivers/drm-driver.ts';
import { Drm } from '../../lib/drivers/drm.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';

export interface DrmWorld {
  readonly kernel: Kernel;
  readonly dmaBufs: DmaBufs;
  readonly heap: DmaHeap;
  readonly drm: Drm;
  readonly devices: readonly DrmDevice[];
  /** Two processes. */
  readonly a: Task;
  readonly b: Task;
}

/** A kernel with these devices, by card number. */
export function openWorld(
  drivers: readonly (DrmDriver | keyof typeof DRM_DRIVERS)[] = ['vgem'],
  options: KernelOptions = {},
): DrmWorld {
  const kernel = new Kernel(options);
  onTestFinished(() => kernel.close());
  const dmaBufs = new DmaBufs(kernel);
  const drm = new Drm(kernel, dmaBufs);
  const devices = drivers.map((driver) => drm.add(driver));
  const [a, b] = [kernel.spawn({ pid: 100, comm: 'a' }), kernel.spawn({ pid: 200, comm: 'b' })];
  return { kernel, dmaBufs, heap: new DmaHeap(dmaBufs, 'system'), drm, devices, a, b };
}

/** Gives a file to another task, as SCM_RIGHTS does. */
export function pass(from: Task, fd: number, to: Task): number {
  return to.install(from.file(fd).get());
}
