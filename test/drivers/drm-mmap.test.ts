import { describe, expect, test } from 'vitest';
import { PAGE } from '../../lib/model/flags.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { refusal } from '../model/world.ts';
import { openWorld, pass } from './drm-world.ts';

const CARD = '/dev/dri/card0';

describe('a mapping of a device node', () => {
  test('EINVAL: nothing starts there, or it is longer than the object, or private', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
    const offset = drm.mapDumb(a, fd, handle);
    expect(offset).toBe(0x100000 * PAGE);
    expect(refusal(() => a.mmap({ fd, length: PAGE, offset: 0 }))).toBe('EINVAL');
    expect(refusal(() => a.mmap({ fd, length: PAGE, offset: offset + PAGE }))).toBe('EINVAL');
    expect(refusal(() => a.mmap({ fd, length: size + 1, offset }))).toBe('EINVAL');
    expect(refusal(() => a.mmap({ fd, length: size, offset, shared: false }))).toBe('EINVAL');
    a.mmap({ fd, length: PAGE, offset });
    a.mmap({ fd, length: size, offset });
  });

  test('EACCES: a file without a handle of it, also when it had one', () => {
    const { drm, a, b } = openWorld();
    const [fa, fb] = [drm.open(a, CARD), drm.open(b, CARD)];
    const { handle, size } = drm.createDumb(a, fa, 64, 64, 32);
    const offset = drm.mapDumb(a, fa, handle);
    expect(refusal(() => b.mmap({ fd: fb, length: size, offset }))).toBe('EACCES');
    b.mmap({ fd: pass(a, fa, b), length: size, offset });
    const opened = drm.gemOpen(b, fb, drm.gemFlink(a, fa, handle)).handle;
    const again = drm.gemOpen(b, fb, 1).handle;
    drm.gemClose(b, fb, opened);
    b.mmap({ fd: fb, length: size, offset });
    drm.gemClose(b, fb, again);
    expect(refusal(() => b.mmap({ fd: fb, length: size, offset }))).toBe('EACCES');
  });

  test('is a mapping of the object, and has a reference of it', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
    const object = drm.object(a, fd, handle);
    const start = a.mmap({ fd, length: size, offset: drm.mapDumb(a, fd, handle) });
    const { maps } = kernel.snapshot();
    expect([maps.buffer, maps.start, maps.bytes, maps.offset]).toEqual([[0], [start], [size], [0x100000 * PAGE]]);
    expect([object.refs, object.mappings]).toEqual([2, 1]);
    a.munmap(start + PAGE, PAGE);
    expect([object.refs, object.mappings]).toEqual([3, 2]);
    const child = a.fork();
    expect([object.refs, object.mappings]).toEqual([5, 4]);
    child.exec();
    a.munmap(start, size);
    expect([object.refs, object.mappings]).toEqual([1, 0]);
  });

  test('keeps the file and with it every handle, after close(2)', () => {
    const { kernel, drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
    drm.createDumb(a, fd, 64, 64, 32);
    const start = a.mmap({ fd, length: size, offset: drm.mapDumb(a, fd, handle) });
    a.close(fd);
    const { byProcess } = findHolding(kernel.snapshot());
    expect([[...byProcess.buffer], [...byProcess.maps], [...byProcess.handles]]).toEqual([
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    a.munmap(start, size);
    expect(kernel.buffers.size).toBe(0);
  });

  test('its neighbours stay apart, it does not grow, and it can be moved', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
    const object = drm.object(a, fd, handle);
    const start = a.mmap({ fd, length: size, offset: drm.mapDumb(a, fd, handle) });
    a.mprotect(start, PAGE, 1);
    a.mprotect(start, PAGE, 3);
    expect(a.mm.vmas).toHaveLength(2);
    expect(refusal(() => a.mremap(start + PAGE, size - PAGE, 2 * size))).toBe('EFAULT');
    const moved = a.mremap(start, PAGE, PAGE, 3, 0x10000000);
    expect([a.mm.find(moved)!.buffer, object.refs]).toEqual([object.buffer, 3]);
  });

  test('of an import is one of the dma-buf, whose file it keeps', () => {
    const { kernel, drm, heap, a } = openWorld();
    const fd = drm.open(a, CARD);
    const out = heap.alloc(a, { size: 8192 });
    const handle = drm.primeFdToHandle(a, fd, out);
    const file = a.file(out);
    const offset = drm.object(a, fd, handle).offset * PAGE;
    const start = a.mmap({ fd, length: 8192, offset });
    const vma = a.mm.find(start)!;
    expect([vma.file, vma.offset, vma.buffer]).toEqual([file, 0, file.buffer]);
    a.close(out);
    a.close(fd);
    expect([file.refs, kernel.buffers.size]).toEqual([1, 1]);
  });
});

describe('a mapping of an exported dma-buf', () => {
  test('shows the fake offset, and has a reference of the object besides the file', () => {
    const { drm, a } = openWorld();
    const fd = drm.open(a, CARD);
    drm.createDumb(a, fd, 64, 64, 32);
    const { handle, size } = drm.createDumb(a, fd, 64, 64, 32);
    const out = drm.primeHandleToFd(a, fd, handle);
    const object = drm.object(a, fd, handle);
    const before = object.refs;
    const start = a.mmap({ fd: out, length: PAGE, offset: PAGE });
    const vma = a.mm.find(start)!;
    expect([vma.offset, vma.buffer, object.refs]).toEqual([(0x100004 + 1) * PAGE, a.file(out).buffer, before + 1]);
    expect(refusal(() => a.mmap({ fd: out, length: size, offset: PAGE }))).toBe('EINVAL');
    expect(refusal(() => a.mmap({ fd: out, length: size, shared: false }))).toBe('EINVAL');
  });
});
