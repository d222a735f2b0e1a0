/**
 * What Linux 6.12.117 showed while programs played with vgem and virtio-gpu, played again on the model: counts of dma-bufs, clients,
 * flink names and framebuffers as debugfs had them.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { O } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseBufinfo } from '../../lib/procfs/bufinfo-parse.ts';

const CARD0 = '/dev/dri/card0';
const CARD1 = '/dev/dri/card1';
const DRI = '/sys/kernel/debug/dri';

/** `count exporter name`, and the attached devices. */
function dmaBufs(kernel: Machine): readonly string[] {
  const { objects = [] } = parseBufinfo(kernel.read('/sys/kernel/debug/dma_buf/bufinfo')) ?? {};
  return objects.map(({ size, count, exporter, name, attachments }) =>
    [size, count, exporter, name, ...attachments].join(' '),
  );
}

/** SCM_RIGHTS, with the sender's fd kept. */
function pass(from: Task, fd: number, to: Task, cloexec = false): number {
  return to.install(from.file(fd).get(), { cloexec });
}

function closeAll(task: Task, fd: number): void {
  task.close(fd);
}

describe('gem-prime: one device, two processes', () => {
  const HEAD = '             command  tgid dev master a   uid      magic\n';
  const COMPOSITOR = '          compositor   172   0   y    y     0          0\n';
  const CLIENT = '              client   173   0   n    y     0          0\n';

  test('every step', () => {
    using kernel = new Machine();
    kernel.drmDevice('vgem', { cardInode: 111 });
    const { drm } = kernel;
    const compositor = kernel.spawn({ pid: 172, comm: 'compositor' });
    const client = kernel.spawn({ pid: 173, comm: 'client', parent: kernel.spawn({ pid: 169 }) });
    const clients = (): string => kernel.read(`${DRI}/vgem/clients`);
    const names = (): string => kernel.read(`${DRI}/0/gem_names`);
    const drmC = drm.open(compositor, CARD0);
    const drmK = drm.open(client, CARD0);

    const surface = drm.createDumb(client, drmK, 640, 480, 32);
    const cursor = drm.createDumb(client, drmK, 64, 64, 32);
    expect([surface, cursor]).toEqual([
      { handle: 1, size: 1228800, pitch: 2560 },
      { handle: 2, size: 16384, pitch: 256 },
    ]);
    expect(dmaBufs(kernel)).toEqual([]);
    expect(clients()).toBe(HEAD + COMPOSITOR + CLIENT);
    expect(names()).toBe('  name     size handles refcount\n');
    expect(kernel.read(`${DRI}/vgem/name`)).toBe('vgem dev=vgem unique=vgem\n');
    expect(kernel.read(`/proc/172/fdinfo/${drmC}`)).toBe('pos:\t0\nflags:\t02100002\nmnt_id:\t0\nino:\t111\n');

    const exported = drm.primeHandleToFd(client, drmK, surface.handle, O.RDWR);
    client.file(exported).setName('client-surface');
    expect(dmaBufs(kernel)).toEqual(['1228800 3 drm client-surface']);

    const received = pass(client, exported, compositor, true);
    expect(drm.primeFdToHandle(compositor, drmC, received)).toBe(1);
    expect(dmaBufs(kernel)).toEqual(['1228800 5 drm client-surface']);
    expect(kernel.read(`/proc/172/fdinfo/${received}`)).toBe(
      'pos:\t0\nflags:\t02000002\nmnt_id:\t0\nino:\t1\nsize:\t1228800\ncount:\t5\nexp_name:\tdrm\nname:\tclient-surface\n',
    );
    expect(kernel.read(`/proc/173/fdinfo/${exported}`)).toContain('flags:\t02\n');

    closeAll(client, exported);
    closeAll(compositor, received);
    expect(dmaBufs(kernel)).toEqual(['1228800 3 drm client-surface']);

    drm.gemClose(client, drmK, surface.handle);
    expect(dmaBufs(kernel)).toEqual(['1228800 2 drm client-surface']);

    const offset = drm.mapDumb(compositor, drmC, 1);
    expect(offset).toBe(0x100000000);
    const address = compositor.mmap({ fd: drmC, length: surface.size, offset });
    drm.gemClose(compositor, drmC, 1);
    expect(dmaBufs(kernel)).toEqual([]);
    const end = address + surface.size;
    expect(kernel.read('/proc/172/maps')).toBe(
      `${address.toString(16)}-${end.toString(16)} rw-s 100000000 00:06 111                       /dev/dri/card0\n`,
    );
    expect(kernel.buffers.size).toBe(2);

    compositor.munmap(address, surface.size);
    expect(kernel.buffers.size).toBe(1);

    expect(drm.gemFlink(client, drmK, cursor.handle)).toBe(1);
    expect(drm.gemOpen(compositor, drmC, 1)).toEqual({ handle: 1, size: 16384 });
    const shared = '  name     size handles refcount\n     1    16384       2        1\n';
    expect(names()).toBe(shared);

    const helper = client.fork({ pid: 174 });
    expect([clients(), names()]).toEqual([HEAD + COMPOSITOR + CLIENT, shared]);

    client.kill(9);
    expect([clients(), names()]).toEqual([HEAD + COMPOSITOR + CLIENT, shared]);

    helper.exec();
    expect(clients()).toBe(HEAD + COMPOSITOR);
    expect(names()).toBe('  name     size handles refcount\n     1    16384       1        1\n');

    compositor.close(drmC);
    expect([clients(), names()]).toEqual([HEAD, '  name     size handles refcount\n']);
    expect(kernel.buffers.size).toBe(0);
  });
});

interface TwoDevices {
  readonly kernel: Machine;
  readonly first: Task;
  readonly second: Task;
}

/** vgem as card0, virtio-gpu with a text console as card1. */
function twoDevices(first: string, second: string): TwoDevices {
  const kernel = new Machine();
  kernel.drmDevice('vgem');
  kernel.drmDevice('virtio_gpu', {
    name: '0000:00:04.0',
    firstModeObject: 40,
    console: { width: 1280, height: 800 },
  });
  return { kernel, first: kernel.spawn({ pid: 175, comm: first }), second: kernel.spawn({ pid: 176, comm: second }) };
}

describe('gem-two-devices: virtio-gpu exports, vgem imports', () => {
  test('every step', () => {
    const { kernel, first: render, second: display } = twoDevices('render', 'display');
    const { drm } = kernel;
    const r = drm.open(render, CARD1);
    const d = drm.open(display, CARD0);
    const fb = drm.createDumb(render, r, 320, 240, 32);
    expect(fb).toEqual({ handle: 1, size: 307200, pitch: 1280 });
    const exported = drm.primeHandleToFd(render, r, fb.handle, O.RDWR);
    render.file(exported).setName('frame');
    const received = pass(render, exported, display, true);
    closeAll(render, exported);
    expect(drm.primeFdToHandle(display, d, received)).toBe(1);
    expect(dmaBufs(kernel)).toEqual(['307200 6 virtio_gpu frame vgem']);
    expect(kernel.read(`${DRI}/1/clients`)).toMatch(/\n {14}render {3}175 {3}1 {3}y {4}y {5}0 {10}0\n$/);
    expect(kernel.read(`${DRI}/1/internal_clients`)).toBe('fbdev\n');
    expect(kernel.read(`${DRI}/1/name`)).toBe('virtio_gpu dev=0000:00:04.0 unique=0000:00:04.0\n');

    closeAll(display, received);
    drm.gemClose(render, r, 1);
    expect(dmaBufs(kernel)).toEqual(['307200 3 virtio_gpu frame vgem']);

    render.kill(9);
    expect(dmaBufs(kernel)).toEqual(['307200 3 virtio_gpu frame vgem']);

    drm.gemClose(display, d, 1);
    expect(dmaBufs(kernel)).toEqual([]);
    expect(kernel.buffers.size).toBe(1);

    const heap = kernel.dmaHeap('system').alloc(display, { size: 256 << 10 });
    display.file(heap).setName('heap-buffer');
    expect(drm.primeFdToHandle(display, d, heap)).toBe(1);
    closeAll(display, heap);
    expect(dmaBufs(kernel)).toEqual(['262144 3 system heap-buffer vgem']);

    display.exit();
    expect(dmaBufs(kernel)).toEqual([]);
    kernel.close();
  });
});

describe('framebuffer: scanout as a holder', () => {
  const block = (id: number, comm: string, refs: number, start: string, pages: number): string =>
    `framebuffer[${id}]:\n\tallocated by = ${comm}\n\trefcount=1\n` +
    '\tformat=XR24 little-endian (0x34325258)\n\tmodifier=0x0\n\tsize=320x200\n\tlayers:\n' +
    '\t\tsize[0]=320x200\n\t\tpitch[0]=1280\n\t\toffset[0]=0\n\t\tobj[0]:\n' +
    `\t\t\tname=0\n\t\t\trefcount=${refs}\n\t\t\tstart=${start}\n\t\t\tsize=258048\n\t\t\timported=no\n` +
    `\t\t\tpages_use_count=${pages}\n\t\t\tvmap_use_count=0\n\t\t\tvaddr=0000000000000000\n`;
  const CONSOLE =
    'framebuffer[40]:\n\tallocated by = [fbcon]\n\trefcount=2\n' +
    '\tformat=XR24 little-endian (0x34325258)\n\tmodifier=0x0\n\tsize=1280x800\n\tlayers:\n' +
    '\t\tsize[0]=1280x800\n\t\tpitch[0]=5120\n\t\toffset[0]=0\n\t\tobj[0]:\n' +
    '\t\t\tname=0\n\t\t\trefcount=3\n\t\t\tstart=00100000\n\t\t\tsize=4096000\n\t\t\timported=no\n' +
    '\t\t\tpages_use_count=3\n\t\t\tvmap_use_count=1\n\t\t\tvaddr=ffffffffffffffff\n';
  let scene: TwoDevices;

  beforeEach(() => {
    scene = twoDevices('shell', 'app');
    return () => scene.kernel.close();
  });

  test('every step', () => {
    const { kernel, first: shell, second: app } = scene;
    const { drm } = kernel;
    const shown = (): string => kernel.read(`${DRI}/0000:00:04.0/framebuffer`);
    const kms = drm.open(shell, CARD1);
    const gpu = drm.open(app, CARD0);
    const front = drm.createDumb(shell, kms, 320, 200, 32);
    const back = drm.createDumb(shell, kms, 320, 200, 32);
    expect([front.size, back.handle]).toEqual([258048, 2]);
    const picture = { width: 320, height: 200, pitch: 1280 };
    // Blobs of the mode had 41 and 42 then, and the kernel gave 42 back later.
    expect(drm.addFramebuffer(shell, kms, { handle: front.handle, ...picture, id: 43 })).toBe(43);
    expect(shown()).toBe(block(43, 'shell', 2, '001003e8', 1) + CONSOLE);

    drm.gemClose(shell, kms, front.handle);
    expect(shown()).toBe(block(43, 'shell', 2, '001003e8', 1) + CONSOLE);
    expect(kernel.buffers.size).toBe(3);

    const exported = drm.primeHandleToFd(shell, kms, back.handle, O.RDWR);
    shell.file(exported).setName('back');
    const received = pass(shell, exported, app);
    expect(drm.primeFdToHandle(app, gpu, received)).toBe(1);
    closeAll(app, received);
    closeAll(shell, exported);
    drm.addFramebuffer(shell, kms, { handle: back.handle, ...picture, id: 42 });
    const backBlock = block(42, 'shell', 3, '00100427', 2);
    expect(shown()).toBe(backBlock + block(43, 'shell', 2, '001003e8', 1) + CONSOLE);
    expect(dmaBufs(kernel)).toEqual(['258048 5 virtio_gpu back vgem']);

    drm.removeFramebuffer(shell, kms, 43);
    drm.gemClose(shell, kms, back.handle);
    expect(shown()).toBe(backBlock + CONSOLE);
    expect(dmaBufs(kernel)).toEqual(['258048 4 virtio_gpu back vgem']);

    shell.close(kms);
    expect(shown()).toBe(CONSOLE);
    expect(dmaBufs(kernel)).toEqual(['258048 3 virtio_gpu back vgem']);

    app.exit();
    expect(dmaBufs(kernel)).toEqual([]);
    expect(kernel.buffers.size).toBe(1);
  });
});

test('debugfs lists devices, and links to them by minor', () => {
  const { kernel } = twoDevices('a', 'b');
  expect([...kernel.list(DRI)].sort()).toEqual(['0', '0000:00:04.0', '1', '128', '129', 'vgem']);
  expect(kernel.readlink(`${DRI}/129`)).toBe('0000:00:04.0');
  expect(kernel.list(`${DRI}/vgem`)).toEqual(['name', 'clients', 'gem_names']);
  expect(kernel.list(`${DRI}/1`)).toEqual(['name', 'clients', 'gem_names', 'framebuffer', 'internal_clients']);
  kernel.close();
});
