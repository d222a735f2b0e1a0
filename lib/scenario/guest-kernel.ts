import { Machine } from '../machine/machine.ts';
import type { KernelOptions } from '../model/kernel.ts';

export interface GuestDevices {
  /** A virtio-gpu with a text console, as /dev/dri/card1. */
  readonly gpu?: boolean;
}

/** The lowest id that a framebuffer of virtio-gpu can get, which also its text console's has. */
const VIRTIO_GPU_IDS = 40;

/**
 * A kernel with the devices of the virtual machine that scenarios are recorded in: vgem as /dev/dri/card0, and what is asked for.
 */
export function guestKernel(options: KernelOptions = {}, { gpu = true }: GuestDevices = {}): Machine {
  const kernel = new Machine(options);
  kernel.drmDevice('vgem');
  if (gpu)
    kernel.drmDevice('virtio_gpu', {
      name: '0000:00:04.0',
      firstModeObject: VIRTIO_GPU_IDS,
      console: { width: 1280, height: 800 },
    });
  return kernel;
}
