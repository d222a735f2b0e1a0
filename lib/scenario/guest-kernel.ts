import { Machine } from '../machine/machine.ts';
import type { KernelOptions } from '../model/kernel.ts';

export interface GuestDevices {
  /** A virtio-gpu with a text console, as /dev/dri/card1. */
  readonly gpu?: boolean;
  /** The kernel of test/conformance/guest/build-stats-kernel: vkms as /dev/dri/card1, and statistics of dma-bufs in sysfs. */
  readonly stats?: boolean;
}

/** Of nodes in devtmpfs. */
const CARD_INODES = [111, 113] as const;

/**
 * A kernel with the devices of the virtual machine that scenarios are recorded in: vgem as /dev/dri/card0, and what is asked for.
 */
export function guestKernel(options: KernelOptions = {}, { gpu = false, stats = false }: GuestDevices = {}): Machine {
  const kernel = new Machine({ ...options, ...(stats ? { dmaBufs: { sysfs: '2021-05' } } : {}) });
  kernel.drmDevice('vgem', { cardInode: CARD_INODES[0] });
  if (stats) {
    kernel.drmDevice({ name: 'vkms', render: false, modeset: true });
  } else if (gpu) {
    kernel.drmDevice('virtio_gpu', {
      name: '0000:00:04.0',
      cardInode: CARD_INODES[1],
      firstModeObject: 40,
      console: { width: 1280, height: 800 },
    });
  }
  return kernel;
}

/** The same with what the scenario speaks of. */
export function kernelFor(text: string, options: KernelOptions = {}): Machine {
  return guestKernel(options, { gpu: text.includes('/dev/dri/card1') });
}
