/** MM_DRIVERPAGES as proposed in 2022: who is charged for what, and what that gets wrong. */
import { describe, expect, test } from 'vitest';
import { CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { openWorld, pass } from './drm-world.ts';

const CARD = '/dev/dri/card0';
const ON = { driverPages: true };

describe('the CMA helper', () => {
  test('charges the creator at creation, and takes it off at release', () => {
    const { drm, a } = openWorld(['tidss'], ON);
    const fd = drm.open(a, CARD);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    expect(a.mm.driverPages).toBe(4);
    drm.gemClose(a, fd, handle);
    expect(a.mm.driverPages).toBe(0);
  });

  test('does nothing without the option', () => {
    const { drm, a } = openWorld(['tidss']);
    drm.createDumb(a, drm.open(a, CARD), 64, 64, 32);
    expect(a.mm.driverPages).toBe(0);
  });

  test('goes on charging the creator for what only another uses', () => {
    const { drm, a, b } = openWorld(['tidss'], ON);
    const [fa, fb] = [drm.open(a, CARD), drm.open(b, CARD)];
    const { handle } = drm.createDumb(a, fa, 64, 64, 32);
    drm.primeFdToHandle(b, fb, pass(a, drm.primeHandleToFd(a, fa, handle), b));
    for (const fd of [fa, fa + 1]) a.close(fd);
    expect([a.mm.driverPages, b.mm.driverPages]).toEqual([4, 0]);
  });

  test('killing who is charged frees nothing: the sharer keeps the pages, and nobody is charged', () => {
    const { kernel, drm, a, b } = openWorld(['tidss'], ON);
    const [fa, fb] = [drm.open(a, CARD), drm.open(b, CARD)];
    const { handle } = drm.createDumb(a, fa, 64, 64, 32);
    const { mm } = a;
    drm.primeFdToHandle(b, fb, pass(a, drm.primeHandleToFd(a, fa, handle), b));
    a.kill(9);
    expect([kernel.buffers.size > 0, b.mm.driverPages, mm.driverPages]).toEqual([true, 0, 4]);
    b.exit();
    expect(kernel.buffers.size).toBe(0);
    // The counter of an address space without users is never touched again.
    expect(mm.driverPages).toBe(4);
  });

  test('takes off imports that were never put on: the counter falls below zero, and reads as zero', () => {
    const { drm, heap, a } = openWorld(['tidss'], ON);
    const fd = drm.open(a, CARD);
    const handle = drm.primeFdToHandle(a, fd, heap.alloc(a, { size: 8192 }));
    expect(a.mm.driverPages).toBe(0);
    drm.gemClose(a, fd, handle);
    expect(a.mm.driverPages).toBe(0);
    // Two of the four pages of the next object are swallowed.
    drm.createDumb(a, fd, 64, 64, 32);
    expect(a.mm.driverPages).toBe(2);
  });

  test('a child starts with nothing, though it has every handle; who execs leaves the charge behind', () => {
    const { drm, a } = openWorld(['tidss'], ON);
    const fd = drm.open(a, CARD, 2);
    const { handle } = drm.createDumb(a, fd, 64, 64, 32);
    const child = a.fork();
    expect([a.mm.driverPages, child.mm.driverPages]).toEqual([4, 0]);
    a.exec();
    expect(a.mm.driverPages).toBe(0);
    drm.gemClose(child, fd, handle);
    expect([a.mm.driverPages, child.mm.driverPages]).toEqual([0, 0]);
  });

  test('who shares the address space is charged alike', () => {
    const { drm, a } = openWorld(['tidss'], ON);
    const thread = a.clone(CLONE_PTHREAD);
    drm.createDumb(thread, drm.open(thread, CARD), 64, 64, 32);
    expect(a.mm.driverPages).toBe(4);
  });
});

describe('etnaviv', () => {
  test('charges the creator when the pages come, the whole object at once', () => {
    const { drm, a } = openWorld(['etnaviv'], ON);
    const fd = drm.open(a, CARD);
    const handle = drm.createObject(a, fd, 1 << 20);
    expect(a.mm.driverPages).toBe(0);
    const { offset } = drm.object(a, fd, handle);
    const start = a.mmap({ fd, length: 4096, offset: offset * 4096 });
    expect(a.mm.driverPages).toBe(256);
    a.munmap(start, 4096);
    drm.gemClose(a, fd, handle);
    expect(a.mm.driverPages).toBe(0);
  });

  test('takes nothing off for what never had pages, nor for imports', () => {
    const { drm, heap, a } = openWorld(['etnaviv'], ON);
    const fd = drm.open(a, CARD);
    drm.gemClose(a, fd, drm.createObject(a, fd, 8192));
    drm.gemClose(a, fd, drm.primeFdToHandle(a, fd, heap.alloc(a, { size: 8192 })));
    const handle = drm.createObject(a, fd, 8192);
    drm.object(a, fd, handle).populate();
    expect(a.mm.driverPages).toBe(2);
  });
});

test('drivers on the shmem helper charge nobody', () => {
  const { drm, a } = openWorld(['vgem'], ON);
  const fd = drm.open(a, CARD);
  const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
  a.mmap({ fd, length: size, offset: drm.mapDumb(a, fd, handle) });
  expect(a.mm.driverPages).toBe(0);
});
