import { describe, expect, test } from 'vitest';
import { DRM_DRIVERS } from '../../lib/drivers/drm-driver.ts';
import type { AddFramebuffer } from '../../lib/drivers/framebuffer.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { refusal } from '../model/world.ts';
import { openWorld } from './drm-world.ts';

const CARD = '/dev/dri/card0';

describe('ADDFB', () => {
  const start = (): { add: (options?: Partial<AddFramebuffer>) => number } => {
    const { drm, a } = openWorld([{ name: 'display', modeset: true, dumb: DRM_DRIVERS.vgem.dumb }]);
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    return { add: (options) => drm.addFramebuffer(a, fd, { handle, width: 64, height: 64, pitch: 256, ...options }) };
  };

  test.each<[string, Partial<AddFramebuffer>, string]>([
    ['a format that there is not', { bpp: 12 }, 'EINVAL'],
    ['a depth that there is not', { bpp: 32, depth: 16 }, 'EINVAL'],
    ['no width', { width: 0 }, 'EINVAL'],
    ['no height', { height: 0 }, 'EINVAL'],
    ['what is wider than the device can', { width: 16385, pitch: 65540 }, 'EINVAL'],
    ['no handle', { handle: 0 }, 'EINVAL'],
    ['lines that overlap', { pitch: 255 }, 'EINVAL'],
    ['an end beyond 4 GiB', { pitch: 0x4000000 }, 'ERANGE'],
    ['an unknown handle', { handle: 9 }, 'ENOENT'],
    ['an object that is too small', { height: 65 }, 'EINVAL'],
  ])('refuses %s', (_, wrong, code) => {
    expect(refusal(() => start().add(wrong))).toBe(code);
  });

  test('gives the lowest free id, or the one that was seen, if it is free', () => {
    const { add } = start();
    expect([add(), add({ id: 43 })]).toEqual([1, 43]);
    expect(refusal(() => add({ id: 43 }))).toBe('EBUSY');
    expect(add()).toBe(2);
  });
});

describe('a framebuffer', () => {
  test('of a driver without modes: EOPNOTSUPP', () => {
    const { drm, a } = openWorld(['vgem']);
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    expect(refusal(() => drm.addFramebuffer(a, fd, { handle, width: 64, height: 64, pitch: 256 }))).toBe('EOPNOTSUPP');
    expect(refusal(() => drm.removeFramebuffer(a, fd, 1))).toBe('EOPNOTSUPP');
  });

  test('virtio-gpu has two formats, from 32 pixels, and its own error', () => {
    const { drm, a } = openWorld(['virtio_gpu']);
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    const good = { handle, width: 64, height: 64, pitch: 256 };
    expect(refusal(() => drm.addFramebuffer(a, fd, { ...good, bpp: 16 }))).toBe('ENOENT');
    expect(refusal(() => drm.addFramebuffer(a, fd, { ...good, width: 31 }))).toBe('EINVAL');
    expect(refusal(() => drm.addFramebuffer(a, fd, { ...good, handle: 7 }))).toBe('EINVAL');
    drm.addFramebuffer(a, fd, { ...good, depth: 32 });
  });

  test('holds the object as a handle and as a reference, when its handle is closed too', () => {
    const { kernel, drm, a } = openWorld(['virtio_gpu']);
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    const object = drm.object(a, fd, handle);
    const name = drm.gemFlink(a, fd, handle);
    const id = drm.addFramebuffer(a, fd, { handle, width: 64, height: 64, pitch: 256 });
    expect([object.handles, object.refs]).toEqual([2, 2]);
    drm.gemClose(a, fd, handle);
    expect([object.handles, object.refs]).toEqual([1, 2]);
    expect(kernel.snapshot().handles).toMatchObject({ length: 1, via: ['framebuffer'], number: [id] });
    expect([...findHolding(kernel.snapshot()).byProcess.handles]).toEqual([1]);
    // The name lives by the framebuffer's handle.
    const opened = drm.gemOpen(a, fd, name).handle;
    drm.gemClose(a, fd, opened);
    drm.removeFramebuffer(a, fd, id);
    expect(kernel.buffers.size).toBe(0);
  });

  test('is removed by the file that made it alone, and goes with that file', () => {
    const { kernel, drm, devices, a, b } = openWorld(['virtio_gpu']);
    const [fa, fb] = [drm.open(a, CARD), drm.open(b, CARD)];
    const { handle } = drm.createDumb(a, fa, 64, 64, 32);
    const id = drm.addFramebuffer(a, fa, { handle, width: 64, height: 64, pitch: 256 });
    expect(refusal(() => drm.removeFramebuffer(b, fb, id))).toBe('ENOENT');
    expect(refusal(() => drm.removeFramebuffer(a, fa, id + 1))).toBe('ENOENT');
    drm.gemClose(a, fa, handle);
    a.close(fa);
    expect([kernel.buffers.size, devices[0]!.framebuffers]).toEqual([0, []]);
  });
});
