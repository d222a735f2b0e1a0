import { describe, expect, test } from 'vitest';
import { DRM_IOCTL, drmIoctl } from '../../lib/drivers/drm-ioctl.ts';
import { refusal } from '../model/world.ts';
import { type DrmWorld, openWorld } from './drm-world.ts';

/** Calls with 32-bit words as the argument, and gives back what they are afterwards. */
function call({ drm, a }: DrmWorld, fd: number, command: number, ...words: readonly number[]): readonly number[] {
  const argument = new Uint32Array(((command >>> 16) & 0x3fff) / 4);
  argument.set(words);
  drmIoctl(drm, a, fd, command, new Uint8Array(argument.buffer));
  return [...argument];
}

describe('ioctl(2) of a DRM node', () => {
  test('has the numbers of drm.h: direction, size, letter and number', () => {
    const of = (direction: number, size: number, number: number): number =>
      direction * 2 ** 30 + size * 2 ** 16 + 0x6400 + number;
    expect(DRM_IOCTL).toEqual({
      GEM_CLOSE: of(1, 8, 0x09),
      GEM_FLINK: of(3, 8, 0x0a),
      GEM_OPEN: of(3, 16, 0x0b),
      PRIME_HANDLE_TO_FD: of(3, 12, 0x2d),
      PRIME_FD_TO_HANDLE: of(3, 12, 0x2e),
      MODE_ADDFB: of(3, 28, 0xae),
      MODE_RMFB: of(3, 4, 0xaf),
      MODE_CREATE_DUMB: of(3, 32, 0xb2),
      MODE_MAP_DUMB: of(3, 16, 0xb3),
      MODE_DESTROY_DUMB: of(3, 4, 0xb4),
    });
  });

  test('reads and answers in place', () => {
    const world = openWorld(['virtio_gpu']);
    const { kernel, drm, a } = world;
    const fd = drm.open(a, '/dev/dri/card0');
    expect(call(world, fd, DRM_IOCTL.MODE_CREATE_DUMB, 200, 320, 32)).toEqual([200, 320, 32, 0, 1, 1280, 258048, 0]);
    expect(call(world, fd, DRM_IOCTL.MODE_MAP_DUMB, 1)).toEqual([1, 0, 0, 1]);
    expect(call(world, fd, DRM_IOCTL.GEM_FLINK, 1)).toEqual([1, 1]);
    expect(call(world, fd, DRM_IOCTL.GEM_OPEN, 1)).toEqual([1, 2, 258048, 0]);
    expect(call(world, fd, DRM_IOCTL.MODE_ADDFB, 0, 320, 200, 1280, 32, 24, 2)[0]).toBe(1);
    const [, , out = -1] = call(world, fd, DRM_IOCTL.PRIME_HANDLE_TO_FD, 1, 2);
    expect(a.file(out).buffer!.kind).toBe('dma-buf');
    expect(call(world, fd, DRM_IOCTL.PRIME_FD_TO_HANDLE, 0, 0, out)).toEqual([1, 0, out]);
    a.close(out);
    call(world, fd, DRM_IOCTL.MODE_RMFB, 1);
    call(world, fd, DRM_IOCTL.GEM_CLOSE, 1);
    call(world, fd, DRM_IOCTL.MODE_DESTROY_DUMB, 2);
    expect(kernel.buffers.size).toBe(0);
  });

  test('refuses what is none of its commands, and an argument that is not there', () => {
    const world = openWorld();
    const { drm, a } = world;
    const fd = drm.open(a, '/dev/dri/card0');
    const [left] = a.socketpair();
    const codes = [
      () => drmIoctl(drm, a, left, DRM_IOCTL.GEM_CLOSE, new Uint8Array(8)),
      () => drmIoctl(drm, a, 99, DRM_IOCTL.GEM_CLOSE, new Uint8Array(8)),
      () => drmIoctl(drm, a, fd, 0x40086209, new Uint8Array(8)),
      () => drmIoctl(drm, a, fd, 0x400864ff, new Uint8Array(8)),
      () => drmIoctl(drm, a, fd, DRM_IOCTL.GEM_CLOSE, null),
      () => drmIoctl(drm, a, fd, DRM_IOCTL.GEM_CLOSE, new Uint8Array(7)),
      () => drmIoctl(drm, a, fd, DRM_IOCTL.GEM_CLOSE, new Uint8Array(8)),
    ].map(refusal);
    expect(codes).toEqual(['ENOTTY', 'EBADF', 'ENOTTY', 'EINVAL', 'EFAULT', 'EFAULT', 'EINVAL']);
  });

  test('tells a command by its number: a shorter argument is one with zeros', () => {
    const world = openWorld();
    const { drm, a } = world;
    const fd = drm.open(a, '/dev/dri/card0');
    const { handle } = drm.createDumb(a, fd, 8, 8, 32);
    call(world, fd, 0x40046409, handle);
    expect(refusal(() => drm.object(a, fd, handle))).toBe('ENOENT');
  });
});
