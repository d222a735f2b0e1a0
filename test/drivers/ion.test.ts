import { describe, expect, test } from 'vitest';
import type { Ion, IonOptions } from '../../lib/drivers/ion.ts';
import { ION_FLAG, ION_HEAP_TYPE } from '../../lib/drivers/ion-heap.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

interface Start {
  readonly kernel: Machine;
  readonly task: Task;
  readonly ion: Ion;
  readonly device: number;
}

function start(options?: IonOptions, kernelOptions?: KernelOptions): Start {
  const kernel = new Machine(kernelOptions);
  const task = kernel.spawn({ pid: 100, comm: 'camera' });
  const ion = kernel.ion(options);
  return { kernel, task, ion, device: ion.open(task) };
}

describe('heaps', () => {
  const heaps = [
    { name: 'small', id: 2, type: ION_HEAP_TYPE.CARVEOUT, bytes: 8192 },
    { name: 'system', id: 0 },
    { name: 'large', id: 9, type: ION_HEAP_TYPE.CUSTOM, bytes: 16384 },
  ];

  test('are tried by descending id, skipping those not in the mask, falling through where one cannot', () => {
    const { task, ion, device } = start({ heaps });
    expect(ion.heaps.map(({ name }) => name)).toEqual(['large', 'small', 'system']);
    const heapOf = (size: number, heapIdMask?: number): string => {
      ion.alloc(task, device, { size, ...(heapIdMask === undefined ? {} : { heapIdMask }) });
      return ion.buffers.at(-1)!.heap.name;
    };
    expect([heapOf(16384), heapOf(4096), heapOf(4096), heapOf(1), heapOf(4096, 1)]).toEqual([
      'large',
      'small',
      'small',
      'system',
      'system',
    ]);
  });

  test('refuse no length, no heap in the mask, and what the last one tried says', () => {
    const { kernel, task, ion, device } = start({ heaps });
    expect(refusal(() => ion.alloc(task, device, { size: 0 }))).toBe('EINVAL');
    expect(refusal(() => ion.alloc(task, device, { size: 2 ** 64 - 1 }))).toBe('EINVAL');
    expect(refusal(() => ion.alloc(task, device, { size: 4096, heapIdMask: 0x80 }))).toBe('ENODEV');
    expect(refusal(() => ion.alloc(task, device, { size: 4096, heapIdMask: 0 }))).toBe('ENODEV');
    expect(refusal(() => ion.alloc(task, device, { size: 1 << 20, heapIdMask: 1 << 9 }))).toBe('ENOMEM');
    // Heap 2 is short of memory; heap 0, tried last, does not align.
    expect(refusal(() => ion.alloc(task, device, { size: 16384, align: 8192, heapIdMask: 5 }))).toBe('EINVAL');
    expect(kernel.buffers.size).toBe(0);
    expect(ion.heaps.map(({ used }) => used)).toEqual([0, 0, 0]);
  });

  test('of each type know their own alignment, flags and lengths', () => {
    const { task, ion, device } = start({
      heaps: [
        { name: 'contiguous', id: 1, type: ION_HEAP_TYPE.SYSTEM_CONTIG },
        { name: 'chunk', id: 3, type: ION_HEAP_TYPE.CHUNK, bytes: 32768, chunkSize: 16384 },
        { name: 'cma', id: 4, type: ION_HEAP_TYPE.DMA },
        { name: 'system', id: 5, bytes: 65536 },
      ],
    });
    const from = (id: number, size: number, align = 0, flags = 0): string => {
      try {
        ion.alloc(task, device, { size, align, flags, heapIdMask: 1 << id });
        return 'done';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect([from(1, 16384, 16384), from(1, 16384, 32768), from(1, 8 << 20)]).toEqual(['done', 'EINVAL', 'ENOMEM']);
    expect([from(3, 4096, 16384), from(3, 4096, 32768), from(3, 20480), from(3, 1), from(3, 1)]).toEqual([
      'done',
      'EINVAL',
      'ENOMEM',
      'done',
      'ENOMEM',
    ]);
    expect([from(4, 4096), from(4, 4096, 0, ION_FLAG.CACHED), from(4, 4096, 8192)]).toEqual([
      'done',
      'EINVAL',
      'EINVAL',
    ]);
    expect([from(5, 32768), from(5, 36864), from(5, 4096, 8192)]).toEqual(['done', 'ENOMEM', 'EINVAL']);
  });

  test('refuse an id beyond the mask, a name that is no file name, and what is taken', () => {
    const { ion } = start();
    for (const heap of [
      { name: 'x', id: 32 },
      { name: 'x', id: -1 },
      { name: '', id: 1 },
      { name: 'a/b', id: 1 },
    ])
      expect(refusal(() => ion.addHeap(heap))).toBe('EINVAL');
    expect(refusal(() => ion.addHeap({ name: 'system', id: 1 }))).toBe('EEXIST');
    expect(refusal(() => ion.addHeap({ name: 'other', id: 0 }))).toBe('EEXIST');
  });

  test('with a lazy freelist have memory back when it is drained, or when an allocation needs it', () => {
    const { kernel, task, ion, device } = start({
      heaps: [{ name: 'pool', id: 0, type: ION_HEAP_TYPE.CARVEOUT, bytes: 8192, lazy: true }],
    });
    const [pool] = ion.heaps;
    ion.free(task, device, ion.alloc(task, device, { size: 8192 }));
    expect([pool!.used, pool!.freelistBytes, ion.buffers.length, kernel.buffers.size]).toEqual([8192, 8192, 0, 1]);
    ion.free(task, device, ion.alloc(task, device, { size: 4096 }));
    expect([pool!.used, pool!.freelistBytes, kernel.buffers.size]).toEqual([4096, 4096, 1]);
    pool!.drain();
    expect([pool!.used, pool!.freelistBytes, kernel.buffers.size]).toEqual([0, 0, 0]);
  });
});

describe('clients and handles', () => {
  test('are numbered from 1, the lowest free first, by each client for itself', () => {
    const { task, ion, device } = start();
    const other = ion.open(task);
    const alloc = (on: number): number => ion.alloc(task, on, { size: 4096 });
    expect([alloc(device), alloc(device), alloc(device), alloc(other)]).toEqual([1, 2, 3, 1]);
    ion.free(task, device, 3);
    ion.free(task, device, 1);
    expect([alloc(device), alloc(device), alloc(device)]).toEqual([1, 3, 4]);
  });

  test('a client has one handle per buffer; every import counts and wants its own free', () => {
    const { kernel, task, ion, device } = start();
    const handle = ion.alloc(task, device, { size: 4096 });
    const fds = [ion.share(task, device, handle), ion.map(task, device, handle)];
    expect(fds.map((fd) => ion.import(task, device, fd))).toEqual([handle, handle]);
    expect(ion.client(task, device).handles).toMatchObject([{ id: 1, refs: 3 }]);
    for (const fd of fds) task.close(fd);
    ion.free(task, device, handle);
    ion.free(task, device, handle);
    expect(kernel.buffers.size).toBe(1);
    ion.free(task, device, handle);
    expect(refusal(() => ion.free(task, device, handle))).toBe('EINVAL');
    expect(kernel.buffers.size).toBe(0);
  });

  test('closing the client destroys its handles however often they were taken; shared fds live on', () => {
    const { kernel, task, ion, device } = start();
    const handle = ion.alloc(task, device, { size: 4096 });
    const fd = ion.share(task, device, handle);
    ion.import(task, device, fd);
    ion.alloc(task, device, { size: 4096 });
    task.close(device);
    expect(ion.clients).toEqual([]);
    expect(ion.buffers).toMatchObject([{ handles: 0, refs: 1, comm: 'camera', pid: 100 }]);
    task.close(fd);
    expect(kernel.buffers.size).toBe(0);
  });

  test('a forked or passed fd of /dev/ion is the same client, and its last holder closes it', () => {
    const { kernel, task, ion, device } = start();
    const child = task.fork();
    const friend = kernel.spawn({ comm: 'friend' });
    const [left, right] = task.socketpair();
    friend.install(task.file(right).get());
    task.sendmsg(left, [device]);
    const [passed] = friend.recvmsg(0).fds;
    expect(ion.alloc(child, device, { size: 4096 })).toBe(1);
    expect(ion.alloc(friend, passed!, { size: 4096 })).toBe(2);
    expect(ion.client(task, device)).toBe(ion.client(friend, passed!));
    const handles = kernel.snapshot().handles;
    expect([handles.via, handles.number]).toEqual([
      ['handle', 'handle'],
      [1, 2],
    ]);
    task.exitGroup();
    child.exitGroup();
    expect(kernel.buffers.size).toBe(2);
    friend.close(passed!);
    expect(kernel.buffers.size).toBe(0);
  });

  test('whoever frees the last handle is the last client of an orphaned buffer', () => {
    const { task, ion, device } = start();
    const fd = ion.share(task, device, ion.alloc(task, device, { size: 4096 }));
    const child = task.fork({ pid: 101, comm: 'child' });
    child.clone(CLONE_PTHREAD, { comm: 'worker' });
    ion.free(child.group.threads[1]!, device, 1);
    expect(ion.buffers).toMatchObject([{ handles: 0, comm: 'child', pid: 101 }]);
    expect(ion.import(task, device, fd)).toBe(1);
    expect(ion.buffers).toMatchObject([{ handles: 1 }]);
  });

  test('a process that shares the table shares the client too', () => {
    const { task, ion, device } = start();
    const sibling = task.clone(CLONE.FILES);
    ion.alloc(sibling, device, { size: 4096 });
    expect(ion.client(task, device).handles).toHaveLength(1);
  });

  test("drivers' clients hold for no process", () => {
    const { kernel, task, ion, device } = start();
    const driver = ion.kernelClient('display');
    ion.alloc(task, device, { size: 4096 });
    driver.take(ion.buffers[0]!);
    task.close(device);
    expect([driver.displayName, driver.comm, driver.pid]).toEqual(['display-0', 'display', 0]);
    expect([kernel.snapshot().buffers.kept, kernel.snapshot().handles.length]).toEqual([['kernel'], 0]);
    driver.destroy();
    expect([kernel.buffers.size, ion.clients.length]).toEqual([0, 0]);
  });
});

describe('share and import', () => {
  test('each share is a new dma-buf with an inode of its own, close-on-exec, of one buffer', () => {
    const { kernel, task, ion, device } = start();
    const handle = ion.alloc(task, device, { size: 5000 });
    const fds = [ion.share(task, device, handle), ion.share(task, device, handle)];
    const files = fds.map((fd) => task.file(fd));
    expect(files[0]).not.toBe(files[1]);
    expect(files.map(({ identity }) => identity?.inode)).toEqual([1, 2]);
    expect(files.map(({ refs }) => refs)).toEqual([1, 1]);
    expect(fds.every((fd) => task.files.cloexec(fd))).toBe(true);
    const { buffers } = kernel.snapshot();
    expect([buffers.size, buffers.files.map((each) => each.length)]).toEqual([[8192], [2]]);
    task.close(fds[0]!);
    expect(kernel.snapshot().buffers.files[0]).toEqual([{ dev: '0:11', inode: 2 }]);
  });

  test('refuse what is no handle, no fd, no dma-buf, and not an ION dma-buf', () => {
    const { kernel, task, ion, device } = start();
    const foreign = kernel.dmaHeap('system').alloc(task, { size: 4096 });
    const memfd = kernel.memfdCreate(task, 'x');
    expect(refusal(() => ion.share(task, device, 1))).toBe('EINVAL');
    expect(refusal(() => ion.map(task, device, 0))).toBe('EINVAL');
    for (const call of [ion.import.bind(ion), ion.sync.bind(ion)]) {
      expect(refusal(() => call(task, device, 99))).toBe('EBADF');
      for (const fd of [foreign, memfd, device]) expect(refusal(() => call(task, device, fd))).toBe('EINVAL');
    }
    for (const fd of [foreign, memfd]) expect(refusal(() => ion.free(task, fd, 1))).toBe('ENOTTY');
    expect(refusal(() => ion.alloc(task, 99, { size: 4096 }))).toBe('EBADF');
    for (const wrong of [undefined, null, {}, { size: '1' }, { size: 0.5 }, { size: 1, align: NaN }, { size: 1, x: 1 }])
      expect(() => ion.alloc(task, device, wrong as { size: number })).toThrow(TypeError);
    for (const wrong of [undefined, { name: 'x', id: 1, bytes: 0 }, { name: 'x', id: 1, y: 1 }])
      expect(() => ion.addHeap(wrong as { name: string; id: number })).toThrow(TypeError);
    expect(() => ion.kernelClient(1 as unknown as string)).toThrow(TypeError);
    expect(() => new Machine().ion(null as unknown as IonOptions)).toThrow(TypeError);
    expect(() => ion.alloc(null as unknown as Task, device, { size: 4096 })).toThrow(TypeError);
    expect(() => kernel.ion({ release: '5.0' as '4.9' })).toThrow(TypeError);
  });

  test('without a free fd nothing stays', () => {
    const { kernel, task, ion, device } = start();
    const handle = ion.alloc(task, device, { size: 4096 });
    task.group.nofile = 1;
    expect(refusal(() => ion.share(task, device, handle))).toBe('EMFILE');
    expect(refusal(() => ion.open(task))).toBe('EMFILE');
    expect([ion.buffers[0]!.refs, kernel.buffers.values().next().value!.refs, ion.clients.length]).toEqual([1, 0, 1]);
  });
});

describe('mapping', () => {
  test('is of page frames: neither grows nor merges, not beyond the size, nor where the heap cannot', () => {
    const { task, ion, device } = start({
      heaps: [
        { name: 'system', id: 0 },
        { name: 'secure', id: 1, mappable: false, kernelMappable: false },
      ],
    });
    const fd = ion.share(task, device, ion.alloc(task, device, { size: 8192, heapIdMask: 1 }));
    const secure = ion.share(task, device, ion.alloc(task, device, { size: 8192 }));
    const at = task.mmap({ fd, length: 8192 });
    task.mprotect(at, 4096, 1);
    task.mprotect(at, 4096, 3);
    expect(task.mm.vmas).toHaveLength(2);
    expect(refusal(() => task.mremap(at + 4096, 4096, 8192, 1))).toBe('EFAULT');
    expect(refusal(() => task.mmap({ fd, length: 4096, offset: 8192 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd: secure, length: 4096 }))).toBe('EINVAL');
    expect(refusal(() => ion.beginAccess(task, secure))).toBe('ENODEV');
    ion.beginAccess(task, fd);
    expect(ion.buffers.map(({ kernelMaps }) => kernelMaps)).toEqual([1, 0]);
    ion.endAccess(task, fd);
    expect(ion.buffers.map(({ kernelMaps }) => kernelMaps)).toEqual([0, 0]);
  });
});

describe('ION_IOC_TAG', () => {
  test.each([
    ['CAMERA', 'CAMERA'],
    ['', ''],
    ['x'.repeat(40), 'x'.repeat(31)],
    ['left\0right', 'left'],
    [`${'x'.repeat(30)}ü`, `${'x'.repeat(30)}\udcc3`],
  ])('%j is kept as %j', (tag, kept) => {
    const { kernel, task, ion, device } = start();
    const handle = ion.alloc(task, device, { size: 4096 });
    ion.tag(task, device, handle, tag);
    expect(kernel.snapshot().buffers.tag).toEqual([kept]);
  });

  test('refuses an unknown handle, and is not there without memtrack', () => {
    const { task, ion, device } = start();
    expect(refusal(() => ion.tag(task, device, 7, 'x'))).toBe('EINVAL');
    const off = start({}, { memtrack: 'off' });
    const handle = off.ion.alloc(off.task, off.device, { size: 4096 });
    expect(refusal(() => off.ion.tag(off.task, off.device, handle, 'x'))).toBe('ENOTTY');
  });
});

describe('ION_IOC_HEAP_QUERY and ION_IOC_CUSTOM', () => {
  test('tell the heaps in their order, names cut to 31 bytes', () => {
    const heaps = [
      { name: 'system', id: 0 },
      { name: 'y'.repeat(40), id: 7, type: 6 },
    ];
    const { task, ion, device } = start({ heaps });
    expect(ion.countHeaps(task, device)).toBe(2);
    expect(ion.queryHeaps(task, device, 1)).toEqual([{ name: 'y'.repeat(31), type: 6, id: 7 }]);
    expect(ion.queryHeaps(task, device, 9).map(({ id }) => id)).toEqual([7, 0]);
    expect(refusal(() => ion.queryHeaps(task, device, 0))).toBe('EINVAL');
    const old = start({ release: '4.8' });
    expect(refusal(() => old.ion.countHeaps(old.task, old.device))).toBe('ENOTTY');
  });

  test('the platform answers custom commands, if it has any', () => {
    const { task, ion, device } = start();
    expect(refusal(() => ion.custom(task, device, 1, 0n))).toBe('ENOTTY');
    const own = start({ custom: (_task, command, argument) => command + Number(argument) });
    expect(own.ion.custom(own.task, own.device, 40, 2n)).toBe(42);
  });
});

describe('ION of 4.12 and later', () => {
  test('gives the fd at once, and frees the buffer with its last reference', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const ion = kernel.ionDirect({
      heaps: [
        { name: 'a', id: 0 },
        { name: 'b', id: 1, bytes: 8192 },
      ],
    });
    const device = ion.open(task);
    const fd = ion.alloc(task, device, { size: 4096 });
    expect(task.files.cloexec(fd)).toBe(true);
    expect(task.file(fd).buffer).toMatchObject({ size: 4096, kind: 'ion', refs: 1 });
    expect(ion.queryHeaps(task, device, ion.countHeaps(task, device)).map(({ name }) => name)).toEqual(['b', 'a']);
    expect(refusal(() => ion.alloc(task, device, { size: 4096, heapIdMask: 4 }))).toBe('ENODEV');
    expect(refusal(() => ion.alloc(task, fd, { size: 4096 }))).toBe('ENOTTY');
    expect(refusal(() => ion.queryHeaps(task, device, 0))).toBe('EINVAL');
    task.group.nofile = 2;
    expect(refusal(() => ion.alloc(task, device, { size: 4096 }))).toBe('EMFILE');
    expect(refusal(() => ion.open(task))).toBe('EMFILE');
    task.close(fd);
    expect([kernel.buffers.size, ion.heaps.map(({ used }) => used)]).toEqual([0, [0, 0]]);
  });

  test('a machine has one /dev/ion', () => {
    using kernel = new Machine();
    const ion = kernel.ion();
    expect(kernel.ion()).toBe(ion);
    expect(refusal(() => kernel.ion({ release: '4.8' }))).toBe('EEXIST');
    expect(refusal(() => kernel.ionDirect())).toBe('EEXIST');
  });
});
