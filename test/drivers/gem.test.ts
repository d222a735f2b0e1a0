import { describe, expect, test } from 'vitest';
import type { DrmDriver } from '../../lib/drivers/drm-driver.ts';
import { File } from '../../lib/model/file.ts';
import { O } from '../../lib/model/flags.ts';
import { refusal } from '../model/world.ts';
import { openWorld, pass } from './drm-world.ts';

const CARD = '/dev/dri/card0';
const RENDER = '/dev/dri/renderD128';

describe('open(2) of a DRM node', () => {
  test('numbers cards from 0 and render nodes from 128', () => {
    const { drm, devices, a } = openWorld(['vgem', 'tidss', 'virtio_gpu']);
    expect(devices.map(({ card, renderNode }) => [card.path, renderNode?.path])).toEqual([
      ['/dev/dri/card0', '/dev/dri/renderD128'],
      ['/dev/dri/card1', undefined],
      ['/dev/dri/card2', '/dev/dri/renderD129'],
    ]);
    expect(refusal(() => drm.open(a, '/dev/dri/card3'))).toBe('ENOENT');
  });

  test('each has handles of its own; a dup, a child and who it is passed to share them', () => {
    const { drm, a, b } = openWorld();
    const [first, second] = [drm.open(a, CARD), drm.open(a, CARD)];
    const { handle } = drm.createDumb(a, first, 64, 64, 32);
    expect(refusal(() => drm.gemClose(a, second, handle))).toBe('EINVAL');
    expect(drm.file(a, a.dup(first)).object(handle)).not.toBeNull();
    const child = a.fork();
    expect(drm.file(child, first).object(handle)).not.toBeNull();
    expect(drm.file(b, pass(a, first, b)).object(handle)).not.toBeNull();
  });

  test('keeps close-on-exec at the fd, sets O_LARGEFILE, refuses O_EXCL, needs an fd first', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD, O.RDWR);
    expect([a.files.cloexec(fd), a.file(fd).flags, a.file(fd).link]).toEqual([false, 0o100002, CARD]);
    expect(refusal(() => drm.open(a, CARD, O.RDWR | O.EXCL))).toBe('EBUSY');
    a.group.nofile = 1;
    expect(refusal(() => drm.open(a, CARD, O.RDWR | O.EXCL))).toBe('EMFILE');
  });

  test('who opens the card first is master until closing it', () => {
    const { drm, devices, a, b } = openWorld();
    const [vgem] = devices;
    drm.open(a, RENDER);
    expect(vgem!.master).toBeNull();
    const fd = drm.open(a, CARD);
    drm.open(b, CARD);
    expect(vgem!.master).toBe(drm.file(a, fd));
    a.close(fd);
    expect(vgem!.master).toBeNull();
    const again = drm.open(b, CARD);
    expect(vgem!.master).toBe(drm.file(b, again));
  });

  test('whoever uses it is shown as its owner, but not if it was the master', () => {
    const { drm, a, b } = openWorld();
    const [master, other] = [drm.open(a, CARD), drm.open(a, CARD)];
    for (const fd of [master, other]) drm.createDumb(b, pass(a, fd, b), 8, 8, 32);
    expect([drm.file(a, master).owner, drm.file(a, other).owner]).toEqual([a.group, b.group]);
  });
});

describe('ioctls', () => {
  test('on what is no DRM file: ENOTTY; on no fd: EBADF', () => {
    const { drm, a } = openWorld();
    const other = a.install(new File({ path: '/dev/null' }));
    expect(refusal(() => drm.gemClose(a, other, 1))).toBe('ENOTTY');
    expect(refusal(() => drm.gemClose(a, 77, 1))).toBe('EBADF');
  });

  test('on a render node: only what is for rendering, else EACCES', () => {
    const { drm, a } = openWorld(['virtio_gpu']);
    const fd = drm.open(a, RENDER);
    const handle = drm.createObject(a, fd, 4096);
    expect(drm.primeFdToHandle(a, fd, drm.primeHandleToFd(a, fd, handle))).toBe(handle);
    const refused = [
      () => drm.createDumb(a, fd, 8, 8, 32),
      () => drm.mapDumb(a, fd, handle),
      () => drm.destroyDumb(a, fd, handle),
      () => drm.gemFlink(a, fd, handle),
      () => drm.gemOpen(a, fd, 1),
      () => drm.addFramebuffer(a, fd, { handle, width: 32, height: 32, pitch: 128 }),
      () => drm.removeFramebuffer(a, fd, 1),
    ];
    expect(refused.map(refusal)).toEqual(refused.map(() => 'EACCES'));
    drm.gemClose(a, fd, handle);
  });

  test('by name need authentication: root, the master, or a render node', () => {
    const { drm, a, b } = openWorld();
    const [fa, fb] = [drm.open(a, CARD), drm.open(b, CARD)];
    b.setuid(1000);
    const late = drm.open(b, CARD);
    const { handle } = drm.createDumb(b, late, 64, 64, 32);
    expect(refusal(() => drm.gemFlink(b, late, handle))).toBe('EACCES');
    expect(refusal(() => drm.gemOpen(b, late, 1))).toBe('EACCES');
    // What counts is who opened it.
    drm.gemFlink(b, fb, drm.createDumb(b, fb, 64, 64, 32).handle);
    a.close(fa);
    const master = drm.open(b, CARD);
    expect(drm.gemFlink(b, master, drm.createDumb(b, master, 64, 64, 32).handle)).toBe(2);
  });

  test('of a driver without GEM: EOPNOTSUPP', () => {
    const { drm, a } = openWorld([{ name: 'plain', gem: false }]);
    const fd = drm.open(a, CARD);
    const calls = [() => drm.gemClose(a, fd, 1), () => drm.gemFlink(a, fd, 1), () => drm.gemOpen(a, fd, 1)];
    expect(calls.map(refusal)).toEqual(['EOPNOTSUPP', 'EOPNOTSUPP', 'EOPNOTSUPP']);
  });

  test('refuse what no program could pass with a TypeError', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    expect(() => drm.gemClose(a, fd, -1)).toThrow(TypeError);
    expect(() => drm.gemClose(a, fd, 1.5)).toThrow(TypeError);
    expect(() => drm.createDumb(a, fd, NaN, 1, 1)).toThrow(TypeError);
    expect(() => drm.open(null as never, CARD)).toThrow(TypeError);
    expect(() => drm.add('nvidia' as never)).toThrow(/expected a driver, or one of vgem, virtio_gpu/);
    expect(() => drm.add('vgem', { inode: 3 } as never)).toThrow(/unknown option 'inode'/);
    expect(() => drm.add({} as never)).toThrow(/expected a driver/);
    expect(() => drm.add('vgem', { firstModeObject: 0 })).toThrow(/firstModeObject/);
    expect(refusal(() => drm.add({ name: '' }))).toBe('EINVAL');
    expect(refusal(() => drm.add('vgem', { console: { width: 640, height: 480 } }))).toBe('EINVAL');
    expect(refusal(() => drm.add('tidss', { name: 'vgem' }))).toBe('EEXIST');
    expect(refusal(() => drm.add({ name: 'x', modeset: true }, { console: { width: 64, height: 64 } }))).toBe('EINVAL');
  });
});

describe('handles', () => {
  test('are the lowest free from 1; 0 never is one', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const make = (): number => drm.createDumb(a, fd, 64, 64, 32).handle;
    expect([make(), make(), make()]).toEqual([1, 2, 3]);
    drm.gemClose(a, fd, 2);
    expect(make()).toBe(2);
    expect([0, 4].map((handle) => refusal(() => drm.gemClose(a, fd, handle)))).toEqual(['EINVAL', 'EINVAL']);
  });

  test('all together are one reference, and the object goes with the last', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    const object = drm.object(a, fd, handle);
    expect([object.handles, object.refs, object.buffer.refs]).toEqual([1, 1, 1]);
    drm.gemOpen(a, fd, drm.gemFlink(a, fd, handle));
    expect([object.handles, object.refs]).toEqual([2, 1]);
    drm.gemClose(a, fd, 1);
    expect([object.handles, object.refs]).toEqual([1, 1]);
    drm.gemClose(a, fd, 2);
    expect(kernel.buffers.size).toBe(0);
  });

  test('a number is not used again while the driver closes it', () => {
    const seen: (readonly number[])[] = [];
    const driver: DrmDriver = {
      name: 'nosy',
      close: (_object, file) => {
        const other = file.device.createObject(null, 4096);
        const handle = file.createHandle(other);
        other.put();
        seen.push([handle, file.object(1) === null ? 0 : 1]);
      },
    };
    const { drm, a } = openWorld([driver]);
    const fd = drm.open(a, CARD);
    drm.createObject(a, fd, 4096);
    drm.gemClose(a, fd, 1);
    expect(seen).toEqual([[2, 0]]);
    expect(drm.createObject(a, fd, 4096)).toBe(1);
  });

  test('go ascending with the last reference to the file, wherever that is', () => {
    const closed: number[] = [];
    const { kernel, drm, a } = openWorld([{ name: 'x', close: ({ size }) => closed.push(size / 4096) }]);
    const fd = drm.open(a, CARD);
    for (const pages of [1, 2, 3]) drm.createObject(a, fd, pages * 4096);
    const [left, right] = a.socketpair();
    a.sendmsg(left, [fd]);
    a.close(fd);
    expect(closed).toEqual([]);
    expect(kernel.buffers.size).toBe(3);
    a.close(right);
    expect(closed).toEqual([1, 2, 3]);
    expect(kernel.buffers.size).toBe(0);
  });
});

describe('flink names', () => {
  test('are per device the lowest free from 1, and the same for the same object', () => {
    const { drm, a } = openWorld(['vgem', 'vgem']);
    const [one, two] = [drm.open(a, CARD), drm.open(a, '/dev/dri/card1')];
    const first = drm.createDumb(a, one, 64, 64, 32).handle;
    const second = drm.createDumb(a, one, 64, 64, 32).handle;
    const other = drm.createDumb(a, two, 64, 64, 32).handle;
    expect(drm.gemFlink(a, one, first)).toBe(1);
    expect(drm.gemFlink(a, one, second)).toBe(2);
    expect(drm.gemFlink(a, one, first)).toBe(1);
    expect(drm.gemFlink(a, two, other)).toBe(1);
    expect(refusal(() => drm.gemFlink(a, one, 9))).toBe('ENOENT');
    expect(refusal(() => drm.gemFlink(a, one, 0))).toBe('ENOENT');
  });

  test('open a new handle each time, and tell the size', () => {
    const { drm, a, b } = openWorld();
    const [fa, fb] = [drm.open(a, CARD), drm.open(b, CARD)];
    const name = drm.gemFlink(a, fa, drm.createDumb(a, fa, 64, 64, 32).handle);
    expect(drm.gemOpen(b, fb, name)).toEqual({ handle: 1, size: 16384 });
    expect(drm.gemOpen(b, fb, name)).toEqual({ handle: 2, size: 16384 });
    expect(drm.gemOpen(a, fa, name)).toEqual({ handle: 2, size: 16384 });
    expect(refusal(() => drm.gemOpen(b, fb, 2))).toBe('ENOENT');
    expect(refusal(() => drm.gemOpen(b, fb, 0))).toBe('ENOENT');
  });

  test('hold nothing: with the last handle the name goes, though the object is mapped, and is given out again', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
    const name = drm.gemFlink(a, fd, handle);
    a.mmap({ fd, length: size, offset: drm.mapDumb(a, fd, handle) });
    drm.gemClose(a, fd, handle);
    expect(kernel.buffers.size).toBe(1);
    expect(refusal(() => drm.gemOpen(a, fd, name))).toBe('ENOENT');
    expect(drm.gemFlink(a, fd, drm.createDumb(a, fd, 8, 8, 32).handle)).toBe(name);
  });
});

describe('dumb buffers', () => {
  test.each([
    ['vgem', 640, 480, 32, 2560, 1228800],
    ['vgem', 3, 3, 24, 9, 4096],
    ['vgem', 10, 1, 1, 2, 4096],
    ['virtio_gpu', 320, 200, 32, 1280, 258048],
  ] as const)('%s: %d × %d × %d has pitch %d and size %d', (driver, width, height, bpp, pitch, size) => {
    const { drm, a } = openWorld([driver]);
    expect(drm.createDumb(a, drm.open(a, CARD), width, height, bpp)).toEqual({ handle: 1, pitch, size });
  });

  test('EINVAL: nothing, 4 GiB or more, or what the driver does not have', () => {
    const { drm, a } = openWorld(['vgem', 'virtio_gpu']);
    const [vgem, virtio] = [drm.open(a, CARD), drm.open(a, '/dev/dri/card1')];
    const layouts: readonly (readonly [number, number, number])[] = [
      [0, 1, 32],
      [1, 0, 32],
      [1, 1, 0],
      [0x40000000, 1, 32],
      [0x10000, 0x10000, 8],
      [0xffffffff, 1, 8],
      [1, 1, 0xffffffff],
    ];
    for (const layout of layouts)
      expect(
        refusal(() => drm.createDumb(a, vgem, ...layout)),
        String(layout),
      ).toBe('EINVAL');
    expect(refusal(() => drm.createDumb(a, virtio, 64, 64, 16))).toBe('EINVAL');
  });

  test('ENOSYS: a driver without', () => {
    const { drm, a } = openWorld(['etnaviv']);
    const fd = drm.open(a, CARD);
    const handle = drm.createObject(a, fd, 1);
    const calls = [
      () => drm.createDumb(a, fd, 8, 8, 32),
      () => drm.mapDumb(a, fd, handle),
      () => drm.destroyDumb(a, fd, handle),
    ];
    expect(calls.map(refusal)).toEqual(['ENOSYS', 'ENOSYS', 'ENOSYS']);
    expect(drm.object(a, fd, handle).size).toBe(4096);
    expect([0, -1, NaN].map((size) => refusal(() => drm.createObject(a, fd, size)))).toEqual([
      'EINVAL',
      'EINVAL',
      'EINVAL',
    ]);
  });

  test('are mapped and destroyed by handle: ENOENT, EINVAL', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    expect(refusal(() => drm.mapDumb(a, fd, 9))).toBe('ENOENT');
    expect(refusal(() => drm.destroyDumb(a, fd, 9))).toBe('EINVAL');
    drm.destroyDumb(a, fd, handle);
    expect(kernel.buffers.size).toBe(0);
  });
});
