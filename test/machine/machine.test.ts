import { describe, expect, test } from 'vitest';
import { Tracker } from '../../lib/core/tracker.ts';
import { MFD } from '../../lib/drivers/memfd.ts';
import { SEAL } from '../../lib/drivers/shmem.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { File } from '../../lib/model/file.ts';
import type { Exporter } from '../../lib/model/exporter.ts';
import { parseDebugMemtrack } from '../../lib/procfs/debug-memtrack.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

test('a camera passes a buffer to a viewer, without any recording', () => {
  const kernel = new Machine({ semantics: 'intended' });
  const camera = kernel.spawn({ pid: 612, comm: 'camera' });
  const [socket, other] = camera.socketpair();
  const viewer = camera.fork({ pid: 700, comm: 'viewer' });
  const fd = kernel.dmaHeap('system').alloc(camera, { size: 8 << 20 });
  camera.file(fd).setName('CAMERA');
  camera.sendmsg(socket, [fd]);
  const { buffers, processes, fds, inFlight } = kernel.snapshot();
  expect(buffers).toMatchObject({
    length: 1,
    id: [0],
    size: [8 << 20],
    name: ['CAMERA'],
    refs: [2],
    userspaceHandles: [1],
  });
  expect(processes).toMatchObject({ pid: [612, 700], comm: ['camera', 'viewer'], state: ['alive', 'alive'] });
  expect([fds.length, inFlight.from]).toEqual([1, [612]]);

  kernel.now = 12_400_000_000n;
  const [received] = viewer.recvmsg(other).fds;
  viewer.mmap({ fd: received!, length: 8 << 20 });
  camera.exitGroup();
  expect(kernel.snapshot()).toMatchObject({
    at: 12_400_000_000n,
    buffers: { refs: [2], userspaceHandles: [1] },
    fds: { length: 1, since: [12_400_000_000n] },
    maps: { bytes: [8 << 20], perms: ['rw-s'] },
    inFlight: { length: 0 },
  });
  viewer.kill(9);
  expect(kernel.snapshot()).toMatchObject({ buffers: { length: 0 }, processes: { state: ['exited', 'killed'] } });
  expect(kernel.tracker!.counters()).toEqual([]);
  kernel.close();
  kernel.close();
});

test('the heaps share one space of inodes', () => {
  const kernel = new Machine();
  const task = kernel.spawn();
  const fds = [kernel.dmaHeap('system'), kernel.dmaHeap('reserved'), kernel.dmaHeap('system')].map((heap) =>
    heap.alloc(task, { size: 1 }),
  );
  expect(fds.map((fd) => task.file(fd).identity?.inode)).toEqual([1, 2, 3]);
  expect(kernel.snapshot().buffers.exporter).toEqual(['system', 'reserved', 'system']);
});

describe('udmabuf', () => {
  function sealed(kernel: Machine): { task: ReturnType<Machine['spawn']>; memfd: number } {
    const task = kernel.spawn();
    const memfd = kernel.memfdCreate(task, 'pages', MFD.ALLOW_SEALING);
    task.ftruncate(memfd, 16384);
    const file = task.file(memfd);
    file.operations.addSeals!(file, SEAL.SHRINK);
    return { task, memfd };
  }

  test("is a dma-buf on a memfd's pages, which live as long", () => {
    const kernel = new Machine();
    const { task, memfd } = sealed(kernel);
    const fd = kernel.udmabufCreate(task, { memfd, offset: 4096, size: 8192 });
    expect(kernel.snapshot().buffers).toMatchObject({
      kind: ['memfd', 'dma-buf'],
      backing: [-1, 0],
      size: [16384, 8192],
    });
    task.close(memfd);
    expect(kernel.snapshot().buffers).toMatchObject({ refs: [0, 1], kept: ['kernel', null] });
    expect(refusal(() => task.mmap({ fd, length: 4096, shared: false }))).toBe('EINVAL');
    task.mmap({ fd, length: 8192 });
    task.close(fd);
    expect(kernel.buffers.size).toBe(2);
    task.exec();
    expect(kernel.buffers.size).toBe(0);
  });

  test('needs whole pages of a memfd that cannot shrink and can be written', () => {
    const kernel = new Machine();
    const { task, memfd } = sealed(kernel);
    const unsealed = kernel.memfdCreate(task, 'unsealed', MFD.ALLOW_SEALING);
    const other = kernel.dmaHeap('system').alloc(task, { size: 4096 });
    const create = (options: { memfd?: number; offset?: number; size?: number }): string =>
      refusal(() => kernel.udmabufCreate(task, { memfd, size: 4096, ...options }));
    expect(create({ size: 100 })).toBe('EINVAL');
    expect(create({ size: 0 })).toBe('EINVAL');
    expect(create({ offset: 1 })).toBe('EINVAL');
    expect(create({ offset: 16384 })).toBe('EINVAL');
    expect(create({ size: 65 * 2 ** 20 })).toBe('EINVAL');
    expect(create({ memfd: unsealed })).toBe('EINVAL');
    expect(create({ memfd: 99 })).toBe('EBADF');
    expect(create({ memfd: other })).toBe('EBADFD');
    task.group.nofile = 3;
    expect(create({})).toBe('EMFILE');
    expect(kernel.buffers.size).toBe(3);
  });
});

test('a user writes an exporter', () => {
  const kernel = new Machine({ semantics: 'posted' });
  const task = kernel.spawn();
  const released: number[] = [];
  const exporter: Exporter = {
    name: 'pool',
    kind: 'ion',
    memtrack: true,
    released: (buffer) => released.push(buffer.key),
  };
  const buffer = kernel.createBuffer(exporter, { size: 4096, tag: 'CAM', creator: task });
  const fd = task.install(new File({ buffer, operations: { link: () => 'anon_inode:pool' } }));
  expect(task.file(fd).link).toBe('anon_inode:pool');
  expect(refusal(() => task.mmap({ fd, length: 4096 }))).toBe('ENODEV');
  kernel.flush();
  expect(kernel.tracker!.readMemtrack(task.key)).toContain('CAM');
  expect(kernel.snapshot().buffers).toMatchObject({ tag: ['CAM'], exporter: ['pool'], creator: [task.pid] });
  task.close(fd);
  expect(released).toEqual([buffer.key]);
});

test("posted tracks none of the drivers' buffers, off tracks nothing", () => {
  for (const options of [{ semantics: 'posted' as const }, { memtrack: 'off' as const }]) {
    const kernel = new Machine(options);
    const task = kernel.spawn();
    kernel.memfdCreate(task, 'x');
    kernel.shmOpen(task, 'y');
    kernel.shmUnlink('y');
    expect(kernel.snapshot().buffers).toMatchObject({
      length: 2,
      id: [NaN, NaN],
      userspaceHandles: [NaN, NaN],
      refs: [1, 1],
    });
  }
});

test.each([{}, { memtrack: 'off' as const }, { semantics: 'posted' as const }])(
  'a closed kernel says so: %o',
  (options) => {
    const kernel = new Machine(options);
    const task = kernel.spawn();
    const fd = kernel.memfdCreate(task, 'frame');
    kernel[Symbol.dispose]();
    kernel.close();
    const calls: readonly (() => unknown)[] = [
      () => kernel.spawn(),
      () => task.fork(),
      () => task.dup(fd),
      () => task.close(fd),
      () => task.exec(),
      () => task.exitGroup(),
      () => kernel.dmaHeap('system').alloc(task, { size: 4096 }),
      () => kernel.memfdCreate(task, 'other'),
      () => kernel.read(`/proc/${task.pid}/maps`),
      () => kernel.snapshot(),
    ];
    for (const call of calls) expect(call).toThrow('the kernel is closed');
  },
);

test("closing the kernel sends what it kept back to a tracker of the user's", () => {
  using tracker = new Tracker();
  {
    using kernel = new Machine({ tracker });
    kernel.memfdCreate(kernel.spawn(), 'frame');
  }
  expect(tracker.snapshot().buffers.key).toHaveLength(1);
});

test('debugfs has memtrack with CONFIG_MEMTRACK_DEBUG alone', () => {
  const read = (memtrack: 'off' | 'on' | 'debug'): string => {
    using kernel = new Machine({ memtrack });
    kernel.memfdCreate(kernel.spawn({ comm: 'camera' }), 'frame');
    return kernel.read('/sys/kernel/debug/memtrack');
  };
  expect(refusal(() => read('off'))).toBe('ENOENT');
  expect(refusal(() => read('on'))).toBe('ENOENT');
  expect(parseDebugMemtrack(read('debug'))?.rows).toHaveLength(1);
});

describe('arguments', () => {
  test('of an allocation', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const heap = kernel.dmaHeap('system');
    for (const size of [0, -1, 1.5, NaN, Infinity]) expect(refusal(() => heap.alloc(task, { size }))).toBe('EINVAL');
    // @ts-expect-error -- no options
    expect(() => heap.alloc(task)).toThrow(new TypeError('alloc: expected options with a size in bytes'));
    expect(() => heap.alloc(Object.create(null) as Task, { size: 4096 })).toThrow(
      new TypeError('alloc: expected a task'),
    );
    expect(kernel.buffers.size).toBe(0);
  });

  test('of a kernel', () => {
    const make = (options: object) => (): Machine => new Machine(options);
    expect(make({ semantic: 'posted' })).toThrow(/unknown option 'semantic'/);
    expect(make({ semantics: 'paste' })).toThrow(TypeError);
    expect(make({ memtrack: 'yes' })).toThrow(TypeError);
  });
});
