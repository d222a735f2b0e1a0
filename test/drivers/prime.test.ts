import { describe, expect, test } from 'vitest';
import { DmaBufExporter } from '../../lib/drivers/dma-buf.ts';
import { DRM_DRIVERS } from '../../lib/drivers/drm-driver.ts';
import type { Exporter } from '../../lib/model/exporter.ts';
import { File } from '../../lib/model/file.ts';
import { O } from '../../lib/model/flags.ts';
import { refusal } from '../model/world.ts';
import { type DrmWorld, openWorld, pass } from './drm-world.ts';

const CARD = '/dev/dri/card0';

/** `a` has made and exported an object; `b` has the device, and an fd of the dma-buf. */
function shared(world: DrmWorld): { fa: number; fb: number; handle: number; out: number; received: number } {
  const { drm, a, b } = world;
  const [fa, fb] = [drm.open(a, CARD), drm.open(b, world.devices.at(-1)!.card.path)];
  const { handle } = drm.createDumb(a, fa, 64, 64, 32);
  const out = drm.primeHandleToFd(a, fa, handle);
  return { fa, fb, handle, out, received: pass(a, out, b) };
}

describe('PRIME_HANDLE_TO_FD', () => {
  test('refuses other flags, then no fd, then no handle', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    expect(refusal(() => drm.primeHandleToFd(a, fd, 1, O.NONBLOCK))).toBe('EINVAL');
    expect(refusal(() => drm.primeHandleToFd(a, fd, 1, O.WRONLY))).toBe('EINVAL');
    expect(refusal(() => drm.primeHandleToFd(a, fd, 1))).toBe('ENOENT');
    a.group.nofile = 1;
    expect(refusal(() => drm.primeHandleToFd(a, fd, 1))).toBe('EMFILE');
  });

  test('takes access mode and close-on-exec from its flags', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const make = (flags: number): number => drm.primeHandleToFd(a, fd, drm.createDumb(a, fd, 8, 8, 32).handle, flags);
    const fds = [make(0), make(O.RDWR), make(O.CLOEXEC), make(O.RDWR | O.CLOEXEC)];
    expect(fds.map((each) => [a.file(each).flags, a.files.cloexec(each)])).toEqual([
      [O.RDONLY, false],
      [O.RDWR, false],
      [O.RDONLY, true],
      [O.RDWR, true],
    ]);
  });

  test('gives another fd of the same dma-buf while there are handles', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    const [one, two] = [drm.primeHandleToFd(a, fd, handle), drm.primeHandleToFd(a, fd, handle)];
    expect(a.file(one)).toBe(a.file(two));
    a.close(one);
    a.close(two);
    const again = drm.primeHandleToFd(a, fd, handle);
    expect(a.file(again).buffer!.files[0]!.inode).toBe(1);
    expect(kernel.buffers.size).toBe(2);
  });

  test('shows the GEM object as what the dma-buf is made of, and memtrack counts them as one', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    drm.primeHandleToFd(a, fd, handle);
    const { buffers } = kernel.snapshot();
    expect([buffers.kind, buffers.exporter, buffers.backing, buffers.id]).toEqual([
      ['gem', 'dma-buf'],
      ['vgem', 'drm'],
      [-1, 0],
      [0, 0],
    ]);
  });
});

describe('the count of a dma-buf', () => {
  test('has one for the table of each file, one kept by the object, and the fds', () => {
    const world = openWorld();
    const { kernel, drm, a, b } = world;
    const { fa, fb, handle, out, received } = shared(world);
    const dmaBuf = a.file(out);
    expect(dmaBuf.refs).toBe(4);
    expect(drm.primeFdToHandle(b, fb, received)).toBe(1);
    expect(dmaBuf.refs).toBe(5);
    drm.gemClose(a, fa, handle);
    expect(dmaBuf.refs).toBe(4);
    drm.gemClose(b, fb, 1);
    expect(dmaBuf.refs).toBe(2);
    a.close(out);
    expect(kernel.buffers.size).toBe(2);
    b.close(received);
    expect(kernel.buffers.size).toBe(0);
  });

  test('with all fds closed it lives, kept by the kernel, as long as a handle does', () => {
    const world = openWorld();
    const { kernel, drm, a, b } = world;
    const { fa, handle, out, received } = shared(world);
    a.close(out);
    b.close(received);
    const { kind, kept, refs } = kernel.snapshot().buffers;
    expect([kind[1], kept[1], refs[1]]).toEqual(['dma-buf', 'kernel', 2]);
    drm.gemClose(a, fa, handle);
    expect(kernel.buffers.size).toBe(0);
  });

  test('exporting a second handle of the same file is a second entry', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    const second = drm.gemOpen(a, fd, drm.gemFlink(a, fd, handle)).handle;
    const out = drm.primeHandleToFd(a, fd, handle);
    a.close(drm.primeHandleToFd(a, fd, second));
    expect(a.file(out).refs).toBe(4);
    expect(drm.primeFdToHandle(a, fd, out)).toBe(handle);
    drm.gemClose(a, fd, handle);
    expect(drm.primeFdToHandle(a, fd, out)).toBe(second);
    expect(a.file(out).refs).toBe(3);
  });
});

describe('PRIME_FD_TO_HANDLE', () => {
  test('refuses no fd, and what is no dma-buf', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    expect(refusal(() => drm.primeFdToHandle(a, fd, 77))).toBe('EBADF');
    expect(refusal(() => drm.primeFdToHandle(a, fd, fd))).toBe('EINVAL');
    expect(refusal(() => drm.primeFdToHandle(a, fd, a.install(new File({ path: '/dev/null' }))))).toBe('EINVAL');
  });

  test('same device: the same object, with a handle of its own file', () => {
    const world = openWorld();
    const { kernel, drm, a, b } = world;
    const { fa, fb, handle, received } = shared(world);
    const imported = drm.primeFdToHandle(b, fb, received);
    expect(drm.object(b, fb, imported)).toBe(drm.object(a, fa, handle));
    expect(drm.object(b, fb, imported).handles).toBe(2);
    expect(kernel.buffers.size).toBe(2);
  });

  test('again in the same file: the same handle without a reference; one GEM_CLOSE ends it', () => {
    const world = openWorld();
    const { drm, b } = world;
    const { fb, received } = shared(world);
    const handle = drm.primeFdToHandle(b, fb, received);
    const { refs } = b.file(received);
    expect(drm.primeFdToHandle(b, fb, received)).toBe(handle);
    expect(drm.primeFdToHandle(b, fb, b.dup(received))).toBe(handle);
    expect(b.file(received).refs).toBe(refs + 1);
    drm.gemClose(b, fb, handle);
    expect(refusal(() => drm.gemClose(b, fb, handle))).toBe('EINVAL');
  });

  test('in the file that exported: its own handle', () => {
    const world = openWorld();
    const { drm, a } = world;
    const { fa, handle, out } = shared(world);
    expect(drm.primeFdToHandle(a, fa, out)).toBe(handle);
  });

  test('another device: a new object on the dma-buf, which is attached; each file imports for itself', () => {
    const world = openWorld(['vgem', 'vgem']);
    const { kernel, drm, a, b } = world;
    const { fb, out, received } = shared(world);
    const object = drm.object(b, fb, drm.primeFdToHandle(b, fb, received));
    const dmaBuf = a.file(out).buffer!;
    expect([object.importOf, object.size, object.buffer.backing]).toEqual([a.file(out), 16384, dmaBuf]);
    expect(dmaBuf.attachments.map(({ device }) => device)).toEqual(['vgem.1']);
    // Two fds, the exporter's table and object, the importer's table, object and attachment.
    expect(dmaBuf.refs).toBe(7);
    const second = drm.open(b, '/dev/dri/card1');
    drm.primeFdToHandle(b, second, received);
    expect(dmaBuf.attachments.map(({ device }) => device)).toEqual(['vgem.1', 'vgem.1']);
    expect(kernel.snapshot().buffers.kind).toEqual(['gem', 'dma-buf', 'gem', 'gem']);
    expect(new Set(kernel.snapshot().buffers.id)).toEqual(new Set([0]));
  });

  test('an import exports the dma-buf that it came from', () => {
    const { drm, heap, a } = openWorld();
    const fd = drm.open(a, CARD);
    const original = heap.alloc(a, { size: 8192 });
    const handle = drm.primeFdToHandle(a, fd, original);
    const again = drm.primeHandleToFd(a, fd, handle);
    expect(a.file(again)).toBe(a.file(original));
    // Two fds; the table, the object and the attachment.
    expect(a.file(original).refs).toBe(5);
  });

  test('a chain stays alive from its far end, and goes with it', () => {
    const world = openWorld(['vgem', 'vgem']);
    const { kernel, drm, a, b } = world;
    const { fb, received } = shared(world);
    drm.primeFdToHandle(b, fb, received);
    b.close(received);
    a.exit();
    expect(kernel.buffers.size).toBe(3);
    b.close(fb);
    expect(kernel.buffers.size).toBe(0);
  });

  test('imported again after the last handle has gone: kept again', () => {
    const world = openWorld();
    const { drm, a } = world;
    const { fa, handle, out } = shared(world);
    const object = drm.object(a, fa, handle);
    drm.gemClose(a, fa, handle);
    expect([object.dmaBuf, a.file(out).refs]).toEqual([null, 2]);
    expect(drm.primeFdToHandle(a, fa, out)).toBe(1);
    expect([object.dmaBuf, a.file(out).refs]).toEqual([a.file(out), 4]);
  });

  test('ENODEV: a driver that takes only its own, and nothing is left of the attempt', () => {
    const world = openWorld(['vgem', 'virtio_gpu']);
    const { drm, b } = world;
    const { fb, received } = shared(world);
    const { refs } = b.file(received);
    expect(refusal(() => drm.primeFdToHandle(b, fb, received))).toBe('ENODEV');
    expect([b.file(received).refs, b.file(received).buffer!.attachments]).toEqual([refs, []]);
    const own = drm.createDumb(b, fb, 64, 64, 32).handle;
    expect(drm.primeFdToHandle(b, fb, drm.primeHandleToFd(b, fb, own))).toBe(own);
  });

  test('an import cannot be mapped by a dumb offset', () => {
    const { drm, heap, a } = openWorld();
    const fd = drm.open(a, CARD);
    const handle = drm.primeFdToHandle(a, fd, heap.alloc(a, { size: 4096 }));
    expect(refusal(() => drm.mapDumb(a, fd, handle))).toBe('EINVAL');
  });
});

describe('the helper of Linux 3.9', () => {
  test('makes read-only fds, and only tables have references', () => {
    const { kernel, drm, a } = openWorld([{ ...DRM_DRIVERS.vgem, oldPrime: true }]);
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    expect(refusal(() => drm.primeHandleToFd(a, fd, handle, O.RDWR))).toBe('EINVAL');
    const out = drm.primeHandleToFd(a, fd, handle, O.CLOEXEC);
    expect([a.file(out).flags, a.file(out).refs]).toEqual([O.RDONLY, 2]);
    const second = drm.gemOpen(a, fd, drm.gemFlink(a, fd, handle)).handle;
    expect(a.file(drm.primeHandleToFd(a, fd, second, 0))).toBe(a.file(out));
    drm.gemClose(a, fd, second);
    drm.gemClose(a, fd, handle);
    expect([a.file(out).refs, kernel.buffers.size]).toEqual([2, 2]);
  });
});

test('a driver gives whole pages', () => {
  const { devices, a } = openWorld();
  for (const size of [0, 100, -4096, NaN]) expect(() => devices[0]!.createObject(a, size)).toThrow(TypeError);
});

test('posted, memtrack sees fds of an ION dma-buf and no GEM handles of it', () => {
  const { kernel, dmaBufs, drm, a, b } = openWorld(['vgem'], { semantics: 'posted' });
  const ion: Exporter = { name: 'ion', kind: 'ion', memtrack: true };
  const buffer = kernel.createBuffer(ion, { size: 4096, creator: a });
  const out = a.install(dmaBufs.wrap(buffer, new DmaBufExporter('ion').operations));
  const fd = drm.open(b, CARD);
  const handle = drm.primeFdToHandle(b, fd, pass(a, out, b));
  const handles = (): readonly number[] => kernel.snapshot().buffers.userspaceHandles;
  expect(handles()).toEqual([2, 2]);
  b.close(fd + 1);
  expect(handles()).toEqual([1, 1]);
  b.fork();
  drm.gemClose(b, fd, handle);
  expect(handles()).toEqual([1]);
  expect(kernel.tracker!.counters().filter(({ count }) => count > 0)).toEqual([]);
});
