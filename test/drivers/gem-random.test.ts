/** Random GEM programs on two devices and several tasks, against an oracle that counts nothing. */
import { expect, test } from 'vitest';
import type { DrmDriver } from '../../lib/drivers/drm-driver.ts';
import { DRM_DRIVERS } from '../../lib/drivers/drm-driver.ts';
import type { GemObject } from '../../lib/drivers/gem-object.ts';
import { MemtrackError } from '../../lib/core/errors.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import type { Task } from '../../lib/model/task.ts';
import { Random, seeds } from '../random.ts';
import { type DrmWorld, openWorld } from './drm-world.ts';
import { NaiveGem } from './naive-gem.ts';

const GPU: DrmDriver = { name: 'gpu', modeset: true, dumb: DRM_DRIVERS.vgem.dumb };
const STEPS = 300;
/** Some more often than others. */
const OPS = [
  'open',
  'create',
  'create',
  'closeHandle',
  'closeHandle',
  'flink',
  'openName',
  'addFb',
  'removeFb',
  'exportFd',
  'exportFd',
  'importFd',
  'importFd',
  'mapDrm',
  'mapDmaBuf',
  'unmap',
  'closeFd',
  'dup',
  'pass',
  'fork',
  'exit',
] as const;
const SIZE = 16384;

class Program {
  readonly world: DrmWorld = openWorld([GPU, GPU]);
  readonly naive = new NaiveGem();
  readonly random: Random;
  readonly tasks: (Task | null)[];
  readonly objects: GemObject[] = [];
  readonly dmaBufs: Buffer[] = [];
  readonly done = new Set<string>();

  constructor(seed: number) {
    this.random = new Random(seed);
    this.tasks = [this.world.a, this.world.b];
  }

  step(): void {
    const op = this.random.pick(OPS);
    if (this[op]()) this.done.add(op);
    this.naive.settle();
  }

  /** What must be so after every step. */
  check(): void {
    const { naive, world } = this;
    this.objects.forEach((object, at) => {
      expect([at, object.buffer.alive, object.handles], 'object').toEqual([
        at,
        naive.liveObject(at),
        naive.handleCount(at),
      ]);
      if (object.buffer.alive) expect([at, object.refs], 'kref').toEqual([at, naive.objectRefs(at)]);
      expect([at, object.name]).toEqual([at, naive.names.get(at) ?? 0]);
    });
    this.dmaBufs.forEach((buffer, at) => {
      expect([at, buffer.alive, buffer.refs], 'dma-buf').toEqual([at, naive.liveDmaBuf(at), naive.dmaBufRefs(at)]);
      const importers = naive.objects.filter(({ importOf }, object) => importOf === at && naive.liveObject(object));
      expect(buffer.attachments.length).toBe(buffer.alive ? importers.length : 0);
    });
    const live = [...this.objects.map(({ buffer }) => buffer), ...this.dmaBufs].filter(({ alive }) => alive);
    expect(world.kernel.buffers.size).toBe(live.length);
    expect(world.devices.flatMap(({ objects }) => objects).length).toBe(
      this.objects.filter(({ buffer }) => buffer.alive).length,
    );
  }

  /** memtrack's rows: tasks by object. */
  checkTracker(): void {
    const { kernel } = this.world;
    const { buffers } = kernel.snapshot();
    this.objects.forEach(({ buffer }, at) => {
      const row = buffers.key.indexOf(buffer.key);
      if (row < 0) return;
      const holders = this.tasks.filter(
        (task, number) => task !== null && this.naive.tracked(number).has(this.naive.origin(at)),
      );
      expect([at, buffers.userspaceHandles[row]]).toEqual([at, holders.length]);
    });
    expect(kernel.tracker!.counters().filter(({ count }) => count > 0)).toEqual([]);
  }

  open(): boolean {
    const task = this.task();
    const device = this.random.below(2);
    const fd = this.world.drm.open(this.tasks[task]!, `/dev/dri/card${device}`);
    this.naive.fds.push({ task, fd, drm: this.naive.drms.push(device) - 1 });
    return true;
  }

  create(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const { handle } = this.world.drm.createDumb(fd.by, fd.fd, 64, 64, 32);
    this.objects.push(this.world.drm.object(fd.by, fd.fd, handle));
    this.naive.objects.push({ device: this.naive.drms[fd.drm]!, importOf: null });
    expect(handle).toBe(this.naive.addHandle(fd.drm, this.objects.length - 1));
    return true;
  }

  closeHandle(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const handle = 1 + this.random.below(4);
    const known = this.naive.objectOf(fd.drm, handle) !== undefined;
    expect(outcome(() => this.world.drm.gemClose(fd.by, fd.fd, handle))).toBe(known ? undefined : 'EINVAL');
    this.naive.closeHandle(fd.drm, handle);
    return known;
  }

  flink(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const handle = 1 + this.random.below(3);
    const object = this.naive.objectOf(fd.drm, handle);
    const result = outcome(() => this.world.drm.gemFlink(fd.by, fd.fd, handle));
    if (object === undefined) {
      expect(result).toBe('ENOENT');
      return false;
    }
    const { device } = this.naive.objects[object]!;
    const taken = [...this.naive.names].filter(([other]) => this.naive.objects[other]!.device === device);
    const name = this.naive.names.get(object) ?? NaiveGem.lowest(taken.map(([, each]) => each));
    this.naive.names.set(object, name);
    expect(result).toBe(name);
    return true;
  }

  openName(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const name = 1 + this.random.below(3);
    const device = this.naive.drms[fd.drm];
    const named = [...this.naive.names].find(
      ([at, each]) => each === name && this.naive.objects[at]!.device === device,
    );
    const result = outcome(() => this.world.drm.gemOpen(fd.by, fd.fd, name));
    if (named === undefined) expect(result).toBe('ENOENT');
    else expect(result).toEqual({ handle: this.naive.addHandle(fd.drm, named[0]), size: SIZE });
    return named !== undefined;
  }

  addFb(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const handle = 1 + this.random.below(3);
    const object = this.naive.objectOf(fd.drm, handle);
    const options = { handle, width: 64, height: 64, pitch: 256 };
    const result = outcome(() => this.world.drm.addFramebuffer(fd.by, fd.fd, options));
    if (object === undefined) {
      expect(result).toBe('ENOENT');
      return false;
    }
    const device = this.naive.drms[fd.drm];
    const taken = this.naive.framebuffers.filter(({ drm }) => this.naive.drms[drm] === device);
    const number = NaiveGem.lowest(taken.map((each) => each.number));
    this.naive.framebuffers.push({ drm: fd.drm, number, object });
    expect(result).toBe(number);
    return true;
  }

  removeFb(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const id = 1 + this.random.below(3);
    const known = this.naive.framebuffers.findIndex(({ drm, number }) => drm === fd.drm && number === id);
    expect(outcome(() => this.world.drm.removeFramebuffer(fd.by, fd.fd, id))).toBe(known < 0 ? 'ENOENT' : undefined);
    if (known >= 0) this.naive.framebuffers.splice(known, 1);
    return known >= 0;
  }

  exportFd(): boolean {
    const fd = this.anyFd('drm');
    if (fd === null) return false;
    const handle = 1 + this.random.below(3);
    const object = this.naive.objectOf(fd.drm, handle);
    const result = outcome(() => this.world.drm.primeHandleToFd(fd.by, fd.fd, handle));
    if (object === undefined) {
      expect(result).toBe('ENOENT');
      return false;
    }
    const { importOf } = this.naive.objects[object]!;
    const entry = this.naive.prime.find(({ drm, number }) => drm === fd.drm && number === handle);
    let dmaBuf = entry?.dmaBuf ?? importOf ?? this.naive.kept.get(object);
    if (dmaBuf === undefined) {
      dmaBuf = this.naive.dmaBufs.push(object) - 1;
      this.naive.kept.set(object, dmaBuf);
      this.dmaBufs.push(fd.by.file(result as number).buffer!);
    }
    if (entry === undefined) this.naive.prime.push({ drm: fd.drm, number: handle, dmaBuf });
    expect(fd.by.file(result as number).buffer).toBe(this.dmaBufs[dmaBuf]);
    this.naive.fds.push({ task: fd.task, fd: result as number, dmaBuf });
    return true;
  }

  importFd(): boolean {
    const drm = this.anyFd('drm');
    const fds = this.naive.fds.filter((each) => each.task === drm?.task && each.dmaBuf !== undefined);
    if (drm === null || fds.length === 0) return false;
    const { fd, dmaBuf = -1 } = this.random.pick(fds);
    const handle = this.world.drm.primeFdToHandle(drm.by, drm.fd, fd);
    const entry = this.naive.prime.find((each) => each.drm === drm.drm && each.dmaBuf === dmaBuf);
    if (entry !== undefined) {
      expect(handle).toBe(entry.number);
      return true;
    }
    const device = this.naive.drms[drm.drm]!;
    let object = this.naive.dmaBufs[dmaBuf]!;
    if (this.naive.objects[object]!.device !== device) {
      object = this.naive.objects.push({ device, importOf: dmaBuf }) - 1;
      this.objects.push(this.world.drm.object(drm.by, drm.fd, handle));
    }
    expect(this.world.drm.object(drm.by, drm.fd, handle)).toBe(this.objects[object]);
    expect(handle).toBe(this.naive.addHandle(drm.drm, object));
    if (!this.naive.kept.has(object)) this.naive.kept.set(object, dmaBuf);
    this.naive.prime.push({ drm: drm.drm, number: handle, dmaBuf });
    return true;
  }

  mapDrm(): boolean {
    const fd = this.anyFd('drm');
    const own = this.objects.flatMap((object, at) => (object.buffer.alive ? [at] : []));
    if (fd === null || own.length === 0) return false;
    const object = this.random.pick(own);
    const { importOf, device } = this.naive.objects[object]!;
    const request = { fd: fd.fd, length: SIZE, offset: this.objects[object]!.offset * 4096 };
    const result = outcome(() => fd.by.mmap(request));
    if (device !== this.naive.drms[fd.drm]) {
      // Another device may have something else there: leave that alone.
      if (typeof result === 'number') fd.by.munmap(result, SIZE);
      return false;
    }
    const allowed = this.naive.handles.some((each) => each.drm === fd.drm && each.object === object);
    if (!allowed) {
      expect(result).toBe('EACCES');
      return false;
    }
    const start = result as number;
    if (importOf === null) this.naive.maps.push({ task: fd.task, start, drm: fd.drm, object });
    else this.naive.maps.push({ task: fd.task, start, dmaBuf: importOf, object: this.naive.dmaBufs[importOf]! });
    return true;
  }

  mapDmaBuf(): boolean {
    const fd = this.anyFd('dmaBuf');
    if (fd === null) return false;
    const start = fd.by.mmap({ fd: fd.fd, length: SIZE });
    this.naive.maps.push({ task: fd.task, start, dmaBuf: fd.dmaBuf, object: this.naive.dmaBufs[fd.dmaBuf]! });
    return true;
  }

  unmap(): boolean {
    if (this.naive.maps.length === 0) return false;
    const map = this.random.pick(this.naive.maps);
    this.tasks[map.task]!.munmap(map.start, SIZE);
    this.naive.maps.splice(this.naive.maps.indexOf(map), 1);
    return true;
  }

  closeFd(): boolean {
    if (this.naive.fds.length === 0) return false;
    const each = this.random.pick(this.naive.fds);
    this.tasks[each.task]!.close(each.fd);
    this.naive.fds.splice(this.naive.fds.indexOf(each), 1);
    return true;
  }

  dup(): boolean {
    if (this.naive.fds.length === 0) return false;
    const each = this.random.pick(this.naive.fds);
    this.naive.fds.push({ ...each, fd: this.tasks[each.task]!.dup(each.fd) });
    return true;
  }

  pass(): boolean {
    if (this.naive.fds.length === 0) return false;
    const each = this.random.pick(this.naive.fds);
    const to = this.task();
    const fd = this.tasks[to]!.install(this.tasks[each.task]!.file(each.fd).get());
    this.naive.fds.push({ ...each, task: to, fd });
    return true;
  }

  fork(): boolean {
    if (this.tasks.filter((task) => task !== null).length > 4) return false;
    const from = this.task();
    const to = this.tasks.push(this.tasks[from]!.fork()) - 1;
    const copies = <Row extends { readonly task: number }>(rows: readonly Row[]): Row[] =>
      rows.filter(({ task }) => task === from).map((row) => ({ ...row, task: to }));
    this.naive.fds.push(...copies(this.naive.fds));
    this.naive.maps.push(...copies(this.naive.maps));
    return true;
  }

  exit(): boolean {
    if (this.tasks.filter((task) => task !== null).length < 3) return false;
    const task = this.task();
    this.tasks[task]!.exit();
    this.tasks[task] = null;
    this.naive.fds = this.naive.fds.filter((each) => each.task !== task);
    this.naive.maps = this.naive.maps.filter((each) => each.task !== task);
    return true;
  }

  private task(): number {
    return this.random.pick(this.tasks.flatMap((task, at) => (task === null ? [] : [at])));
  }

  /** An fd of that kind, and the task that has it. */
  private anyFd<Kind extends 'drm' | 'dmaBuf'>(
    kind: Kind,
  ): ({ readonly by: Task; readonly task: number; readonly fd: number } & Readonly<Record<Kind, number>>) | null {
    const fds = this.naive.fds.filter((each) => each[kind] !== undefined);
    if (fds.length === 0) return null;
    const each = this.random.pick(fds);
    return { ...each, by: this.tasks[each.task]!, [kind]: each[kind] } as never;
  }
}

/** What a call returns, or the errno's name. */
function outcome<Value>(call: () => Value): Value | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof MemtrackError) return error.code;
    throw error;
  }
}

const done = new Set<string>();

test.each(seeds([1, 2, 3]))('two devices and up to five tasks, seed %d', (seed) => {
  const program = new Program(seed);
  for (let step = 0; step < STEPS; step++) {
    program.step();
    program.check();
    if (step % 20 === 0) program.checkTracker();
  }
  for (const op of program.done) done.add(op);
  for (const task of program.tasks) task?.exit();
  expect(program.world.kernel.buffers.size).toBe(0);
  expect(program.world.drm.devices.flatMap(({ offsets }) => offsets.allocate(0xfffff * 256))).toEqual([
    0x100000, 0x100000,
  ]);
});

test.skipIf(process.env['MEMTRACK_SEED'])('every kind of step came to something', () => {
  expect(done).toEqual(new Set(OPS));
});
