/** DRM's lines of fdinfo, its debugfs by reader, and MM_DRIVERPAGES where programs see it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { DRM_DRIVERS, type DrmDriver } from '../../lib/drivers/drm-driver.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';

function open(options: KernelOptions = {}): Machine {
  const kernel = new Machine(options);
  onTestFinished(() => kernel.close());
  return kernel;
}

const COMMON = 'pos:\t0\nflags:\t02100002\nmnt_id:\t0\nino:\t7\n';

describe('fdinfo of a DRM file', () => {
  test('of a driver with memory statistics', () => {
    const kernel = open();
    const { drm } = kernel;
    const { card } = kernel.drmDevice('panfrost', { cardInode: 7 });
    const task = kernel.spawn({ pid: 100 });
    const fd = drm.open(task, card.path);
    const read = (): string => kernel.read(`/proc/100/fdinfo/${fd}`);
    const head = `${COMMON}drm-driver:\tpanfrost\ndrm-client-id:\t1\n`;
    expect(read()).toBe(`${head}drm-total-memory:\t0\ndrm-shared-memory:\t0\n`);

    const [small, large] = [drm.createObject(task, fd, 4096), drm.createObject(task, fd, 8 << 20)];
    expect(read()).toBe(`${head}drm-total-memory:\t8196 KiB\ndrm-shared-memory:\t0\n`);

    drm.object(task, fd, large).populate();
    drm.primeHandleToFd(task, fd, large);
    const shared = `${head}drm-total-memory:\t8196 KiB\ndrm-shared-memory:\t8 MiB\n`;
    expect(read()).toBe(`${shared}drm-resident-memory:\t8 MiB\n`);

    // Purgeable counts what is resident and idle; the line is there all the same.
    drm.object(task, fd, large).purgeable = true;
    drm.object(task, fd, small).purgeable = true;
    expect(read()).toBe(`${shared}drm-resident-memory:\t8 MiB\ndrm-purgeable-memory:\t8 MiB\n`);
    drm.object(task, fd, large).active = true;
    expect(read()).toBe(`${shared}drm-active-memory:\t8 MiB\ndrm-resident-memory:\t8 MiB\ndrm-purgeable-memory:\t0\n`);
  });

  test('takes resident bytes from the driver where it tells them', () => {
    const driver: DrmDriver = {
      ...DRM_DRIVERS.panfrost,
      status: () => ({ resident: true, purgeable: false }),
      resident: () => 2048,
    };
    const kernel = open();
    const { renderNode } = kernel.drmDevice(driver, { name: '0000:00:02.0', renderInode: 7 });
    const task = kernel.spawn({ pid: 100 });
    const fd = kernel.drm.open(task, renderNode!.path);
    kernel.drm.createObject(task, fd, 8192);
    expect(kernel.read(`/proc/100/fdinfo/${fd}`)).toBe(
      `${COMMON}drm-driver:\tpanfrost\ndrm-client-id:\t1\ndrm-pdev:\t0000:00:02.0\n` +
        'drm-total-memory:\t8 KiB\ndrm-shared-memory:\t0\ndrm-resident-memory:\t2 KiB\n',
    );
  });

  test('of vgem has none', () => {
    const kernel = open();
    kernel.drmDevice('vgem', { cardInode: 7 });
    const fd = kernel.drm.open(kernel.spawn({ pid: 100 }), '/dev/dri/card0');
    expect(kernel.read(`/proc/100/fdinfo/${fd}`)).toBe(COMMON);
  });
});

describe('clients', () => {
  test('show effective uids and authentication, and who is gone', () => {
    const kernel = open();
    kernel.drmDevice('vgem');
    const [root, user] = [kernel.spawn({ pid: 100, comm: 'Xorg' }), kernel.spawn({ pid: 200, comm: 'game' })];
    kernel.drm.open(root, '/dev/dri/card0');
    user.setuid(1000);
    const fd = kernel.drm.open(user, '/dev/dri/card0');
    kernel.drm.open(user, '/dev/dri/renderD128');
    root.install(user.file(fd).get());
    const clients = (): readonly string[] => kernel.read('/sys/kernel/debug/dri/0/clients').split('\n').slice(1, -1);
    expect(clients()).toEqual([
      '                Xorg   100   0   y    y     0          0',
      '                game   200   0   n    n  1000          0',
      '                game   200 128   n    y  1000          0',
    ]);
    user.exit();
    expect(clients()).toEqual([
      '                Xorg   100   0   y    y     0          0',
      '           <unknown>   200   0   n    n     0          0',
    ]);
  });
});

describe('MM_DRIVERPAGES', () => {
  /** RssAnon, VmRSS and RssFile of status in KiB, and resident of statm in pages. */
  function figures(kernel: Machine, pid: number): readonly number[] {
    const status = kernel.read(`/proc/${pid}/status`);
    const kib = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
    return [kib('RssAnon'), kib('VmRSS'), kib('RssFile'), Number(kernel.read(`/proc/${pid}/statm`).split(' ')[1])];
  }

  test('is in RssAnon, VmRSS and statm of the creator, without a field of its own', () => {
    const kernel = open({ driverPages: true });
    const { drm } = kernel;
    const { card } = kernel.drmDevice('tidss');
    const [maker, user] = [kernel.spawn({ pid: 100 }), kernel.spawn({ pid: 200 })];
    const [first, second] = [drm.open(maker, card.path), drm.open(user, card.path)];
    expect(figures(kernel, 100)).toEqual([0, 0, 0, 0]);
    const { handle } = drm.createDumb(maker, first, 640, 480, 32);
    expect(figures(kernel, 100)).toEqual([1200, 1200, 0, 300]);
    expect(kernel.read('/proc/100/status')).not.toMatch(/driver/i);

    const received = user.install(maker.file(drm.primeHandleToFd(maker, first, handle)).get());
    drm.primeFdToHandle(user, second, received);
    maker.exec();
    expect([figures(kernel, 100)[0], figures(kernel, 200)[0]]).toEqual([0, 0]);
    expect(kernel.snapshot().buffers.length).toBe(2);
  });

  test('of imports that are released falls below zero, and is read as zero', () => {
    const kernel = open({ driverPages: true });
    const { card } = kernel.drmDevice('tidss');
    const task = kernel.spawn({ pid: 100 });
    const fd = kernel.drm.open(task, card.path);
    const handle = kernel.drm.primeFdToHandle(task, fd, kernel.dmaHeap('system').alloc(task, { size: 1 << 20 }));
    kernel.drm.gemClose(task, fd, handle);
    expect(figures(kernel, 100)).toEqual([0, 0, 0, 0]);
  });
});
