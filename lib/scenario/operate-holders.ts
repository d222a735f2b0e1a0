import { pageAlign, PROT } from '../model/flags.ts';
import { IPC } from '../drivers/sysv-shm.ts';
import type { Operate } from './operate.ts';
import { parseNumber, parseSize } from './operation.ts';
import type { Prop } from './prop.ts';
import { Refusal } from './scenario-error.ts';

const OWNER = 0o600;

/** System V shared memory, and io_urings. */
export const HOLDERS: Readonly<Record<string, Operate>> = {
  sysv(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const key = operation.word(1);
    const size = parseSize(operation.word(2));
    const { kernel } = stage;
    const shmid = kernel.shmget(actor.task, parseNumber(key), size, IPC.CREAT | IPC.EXCL | OWNER);
    const segment = kernel.sysvShm.segments.find(({ id }) => id === shmid);
    if (segment === undefined) throw new Refusal(`no segment ${shmid}`);
    stage.addProp({ label, kind: 'sysv-shm', size, name: key, shmid, buffer: segment.buffer });
  },

  shmat(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const start = stage.kernel.shmat(actor.task, idOf(prop));
    if (operation.flag('touch')) stage.touch(prop, 0, prop.size);
    const length = pageAlign(prop.size);
    const prot = PROT.READ | PROT.WRITE;
    stage.placements.add(actor.task.mm, { prop, start, length, offset: 0, private: false, prot });
  },

  shmdt(stage, actor, operation) {
    const mapping = stage.placementOf(actor, stage.prop(operation.word(0)));
    stage.kernel.shmdt(actor.task, mapping.start);
    stage.placements.cut(actor.task.mm, mapping.start, mapping.length);
  },

  shmrm(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    stage.kernel.shmctl(actor.task, idOf(prop), IPC.RMID);
    prop.removed = true;
  },

  ring(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const fd = stage.kernel.ioUringSetup(actor.task, 4);
    stage.addProp({ label, kind: 'io_uring', size: 0, file: actor.task.file(fd) });
  },

  ringreg(stage, actor, operation) {
    const ring = stage.prop(operation.word(0));
    const fd = stage.fdOf(actor, stage.prop(operation.word(1)));
    stage.kernel.ioUrings.registerFiles(actor.task, stage.fdOf(actor, ring), [fd]);
  },
};

function idOf(prop: Prop): number {
  if (prop.shmid === undefined) throw new Refusal(`${prop.label} is no SysV segment`);
  return prop.shmid;
}
