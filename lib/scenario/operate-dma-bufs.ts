import { MFD } from '../drivers/memfd.ts';
import { SEAL } from '../drivers/shmem.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Actor } from './actor.ts';
import type { Operate } from './operate.ts';
import type { Operation } from './operation.ts';
import { parseSize } from './operation.ts';
import type { Stage } from './stage.ts';

/** dma-bufs of udmabuf and of heaps, and their names. */
export const DMA_BUFS: Readonly<Record<string, Operate>> = {
  udmabuf(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const size = parseSize(operation.word(1));
    const { kernel } = stage;
    const { task } = actor;
    const source = operation.option(`from`);
    const from = source === undefined ? null : stage.prop(source);
    const temporary: number[] = [];
    let fd: number;
    try {
      if (from === null) temporary.push(backing(stage, actor, size));
      const memfd = from === null ? temporary[0]! : stage.fdOf(actor, from);
      temporary.unshift(task.install(new File({ path: '/dev/udmabuf' }), { cloexec: true }));
      fd = kernel.udmabufCreate(task, { memfd, size, cloexec: operation.flag('cloexec') });
    } finally {
      for (const each of temporary) task.close(each);
    }
    // Every page is there from now on (udmabuf_create pins them).
    if (from !== null) stage.touch(from, 0, size);
    const { buffer } = task.file(fd);
    stage.addProp({ label, kind: 'dma-buf', size, exporter: 'udmabuf', from, buffer });
    nameIt(actor, fd, operation);
  },

  heap(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const size = parseSize(operation.word(1));
    const { task } = actor;
    const exporter = operation.option('heap') ?? 'system';
    const heap = stage.kernel.dmaHeap(exporter);
    const device = heap.open(task, O.RDONLY | O.CLOEXEC);
    let fd: number;
    try {
      fd = heap.alloc(task, { size, fdFlags: O.RDWR | (operation.flag('cloexec') ? O.CLOEXEC : 0) });
    } finally {
      task.close(device);
    }
    stage.addProp({ label, kind: 'dma-buf', size, exporter, buffer: task.file(fd).buffer });
    nameIt(actor, fd, operation);
  },

  setname(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    actor.task.file(stage.fdOf(actor, prop)).setName(operation.word(1));
  },
};

/** DMA_BUF_SET_NAME, if `name=` is given. */
export function nameIt(actor: Actor, fd: number, operation: Operation): void {
  const name = operation.option('name');
  if (name !== undefined) actor.task.file(fd).setName(name);
}

/** A memfd that is closed at once, so that only the udmabuf keeps its pages. */
function backing(stage: Stage, { task }: Actor, size: number): number {
  const fd = stage.kernel.memfdCreate(task, 'udmabuf-backing', MFD.ALLOW_SEALING | MFD.CLOEXEC);
  try {
    task.ftruncate(fd, size);
    task.addSeals(fd, SEAL.SHRINK);
  } catch (error) {
    task.close(fd);
    throw error;
  }
  return fd;
}
