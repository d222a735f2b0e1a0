import type { GemObject } from '../drivers/gem-object.ts';
import { O, PROT } from '../model/flags.ts';
import type { Actor } from './actor.ts';
import { nameIt } from './operate-dma-bufs.ts';
import type { Operate } from './operate.ts';
import type { Prop } from './prop.ts';
import { Refusal } from './scenario-error.ts';
import type { Stage } from './stage.ts';

/** GEM objects and their handles, framebuffers, flink names and dma-bufs. */
export const GEM: Readonly<Record<string, Operate>> = {
  drmopen(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const path = operation.word(1);
    const { drm } = stage.kernel;
    const fd = drm.open(actor.task, path, O.RDWR | O.CLOEXEC);
    const { device, file } = drm.file(actor.task, fd);
    stage.addProp({ label, kind: 'drm-file', size: 0, name: device.driver.name, path, file });
  },

  dumb(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const card = stage.prop(operation.word(1));
    const [width, height, bitsPerPixel] = [2, 3, 4].map((index) => operation.number(index)) as [number, number, number];
    const fd = stage.fdOf(actor, card);
    const { handle, size, pitch } = stage.kernel.drm.createDumb(actor.task, fd, width, height, bitsPerPixel);
    const { buffer } = stage.kernel.drm.object(actor.task, fd, handle);
    const picture = { width, height, pitch, bpp: bitsPerPixel };
    stage.addProp({ label, kind: 'gem', size, ...pathOf(card), buffer, picture });
  },

  gemmmap(stage, actor, operation) {
    const { fd, handle, object, prop } = handleOf(stage, actor, operation.word(0), operation.word(1));
    const { task } = actor;
    const offset = stage.kernel.drm.mapDumb(task, fd, handle);
    const prot = PROT.READ | PROT.WRITE;
    const start = task.mmap({ fd, length: object.size, offset, prot });
    stage.placements.add(task.mm, { prop, start, length: object.size, offset, private: false, prot });
  },

  gemclose(stage, actor, operation) {
    const { fd, handle } = handleOf(stage, actor, operation.word(0), operation.word(1));
    stage.kernel.drm.gemClose(actor.task, fd, handle);
  },

  addfb(stage, actor, operation) {
    const { fd, handle, prop } = handleOf(stage, actor, operation.word(0), operation.word(1));
    if (prop.picture === undefined) throw new Refusal(`${prop.label} is an import: its picture is not known`);
    stage.kernel.drm.addFramebuffer(actor.task, fd, { handle, ...prop.picture });
  },

  rmfb(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const card = stage.prop(operation.word(1));
    const fd = stage.fdOf(actor, card);
    const ids = stage.kernel.drm
      .file(actor.task, fd)
      .framebuffers.filter(({ object }) => object.buffer === prop.buffer)
      .map(({ id }) => id);
    if (ids.length === 0) throw new Refusal(`${card.label} has no framebuffer of ${prop.label}`);
    stage.kernel.drm.removeFramebuffer(actor.task, fd, Math.min(...ids));
  },

  prime_out(stage, actor, operation) {
    const label = operation.word(0);
    const { fd: card, handle, prop: gem } = handleOf(stage, actor, operation.word(1), operation.word(2));
    const { task } = actor;
    const cloexec = operation.flag('cloexec') ? O.CLOEXEC : 0;
    const fd = stage.kernel.drm.primeHandleToFd(task, card, handle, O.RDWR | cloexec);
    const { buffer } = task.file(fd);
    // A GEM object has one dma-buf at most, and hands out the same again; an import that which it was made from.
    const known = [...stage.props.values()].some((each) => each.kind === 'dma-buf' && each.buffer === buffer);
    if (!known) {
      const exporter = buffer?.exporter.name ?? '';
      stage.addProp({ label: stage.claim(label), kind: 'dma-buf', size: gem.size, exporter, from: gem, buffer });
    }
    nameIt(actor, fd, operation);
  },

  prime_in(stage, actor, operation) {
    const label = operation.word(0);
    const dmaBuf = stage.prop(operation.word(1));
    const card = stage.prop(operation.word(2));
    const { task } = actor;
    const { drm } = stage.kernel;
    const fd = stage.fdOf(actor, card);
    const handle = drm.primeFdToHandle(task, fd, stage.fdOf(actor, dmaBuf));
    const { buffer } = drm.object(task, fd, handle);
    // The device's own object, or one that the file has imported already.
    if ([...stage.props.values()].some((each) => each.kind === 'gem' && each.buffer === buffer)) return;
    stage.addProp({
      label: stage.claim(label),
      kind: 'gem',
      size: dmaBuf.size,
      ...pathOf(card),
      from: dmaBuf,
      buffer,
    });
  },

  flink(stage, actor, operation) {
    const { fd, handle, prop } = handleOf(stage, actor, operation.word(0), operation.word(1));
    prop.flink = stage.kernel.drm.gemFlink(actor.task, fd, handle);
  },

  gemopen(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    if (prop.flink === undefined) throw new Refusal(`${prop.label} has no flink name`);
    stage.kernel.drm.gemOpen(actor.task, stage.fdOf(actor, stage.prop(operation.word(1))), prop.flink);
  },
};

interface Found {
  readonly prop: Prop;
  /** Of the DRM file. */
  readonly fd: number;
  readonly handle: number;
  readonly object: GemObject;
}

/** The lowest handle that the actor's DRM file has of the object. */
function handleOf(stage: Stage, actor: Actor, label: string, cardLabel: string): Found {
  const prop = stage.prop(label);
  const card = stage.prop(cardLabel);
  const fd = stage.fdOf(actor, card);
  const found = stage.kernel.drm
    .file(actor.task, fd)
    .handles()
    .find(([, { buffer }]) => buffer === prop.buffer);
  if (found === undefined) throw new Refusal(`drm file ${cardLabel} has no handle of ${label}`);
  const [handle, object] = found;
  return { prop, fd, handle, object };
}

function pathOf({ path }: Prop): { readonly path?: string } {
  return path === undefined ? {} : { path };
}
