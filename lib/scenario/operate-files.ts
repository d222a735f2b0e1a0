import { MFD } from '../drivers/memfd.ts';
import { SEAL } from '../drivers/shmem.ts';
import { MemtrackError } from '../core/errors.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import type { Operate } from './operate.ts';
import { parseSize } from './operation.ts';
import type { Prop } from './prop.ts';
import { Refusal } from './scenario-error.ts';

const SEALS: Readonly<Record<string, number>> = {
  shrink: SEAL.SHRINK,
  grow: SEAL.GROW,
  write: SEAL.WRITE,
  future_write: SEAL.FUTURE_WRITE,
  seal: SEAL.SEAL,
};

/** Files in shmem: memfds and /dev/shm. */
export const FILES: Readonly<Record<string, Operate>> = {
  memfd(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const size = parseSize(operation.word(1));
    const flags = (operation.flag('cloexec') ? MFD.CLOEXEC : 0) | (operation.flag('sealable') ? MFD.ALLOW_SEALING : 0);
    const { task, kernel } = { task: actor.task, kernel: stage.kernel };
    const fd = kernel.memfdCreate(task, operation.option('name') ?? label, flags);
    undoing(task, fd, () => task.ftruncate(fd, size));
    const prop = stage.addProp({ label, kind: 'memfd', size, buffer: task.file(fd).buffer });
    stage.touch(prop, 0, operation.size('touch') ?? 0);
  },

  seal(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const words = operation.words.slice(1);
    operation.word(1);
    const unknown = words.find((word) => SEALS[word] === undefined);
    if (unknown !== undefined) throw new Refusal(`no seal '${unknown}': there are ${Object.keys(SEALS).join(', ')}`);
    actor.task.addSeals(
      stage.fdOf(actor, prop),
      words.reduce((seals, word) => seals | SEALS[word]!, 0),
    );
    prop.seals = [...prop.seals, ...words];
  },

  shm(stage, actor, operation) {
    const label = stage.claim(operation.word(0));
    const name = operation.word(1);
    const size = parseSize(operation.word(2));
    const { task } = actor;
    const fd = stage.kernel.shmOpen(task, name, O.RDWR | O.CREAT | O.EXCL);
    task.setCloexec(fd, operation.flag('cloexec'));
    if (size > 0) undoing(task, fd, () => task.ftruncate(fd, size));
    stage.addProp({
      label,
      kind: 'posix-shm',
      size,
      name,
      path: `/dev/shm/${name}`,
      buffer: task.file(fd).buffer,
    });
  },

  shmopen(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const fd = stage.kernel.shmOpen(actor.task, nameOf(prop), accessOf(operation.flag('ro')));
    actor.task.setCloexec(fd, operation.flag('cloexec'));
  },

  unlink(stage, _actor, operation) {
    const prop = stage.prop(operation.word(0));
    stage.kernel.shmUnlink(nameOf(prop));
    prop.removed = true;
  },

  /** open(2) of /proc/self/fd/N: another open file of the same inode. */
  reopen(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    // The kernel opens the device once more: a file of its own, without a label.
    if (prop.kind === 'drm-file') throw new Refusal(`${prop.label} would be another file of its device: use drmopen`);
    const old = actor.task.file(stage.fdOf(actor, prop));
    if (prop.kind !== 'memfd' && prop.kind !== 'posix-shm')
      throw new MemtrackError('ENXIO', 'open', `a ${prop.kind} cannot be opened again`);
    const { buffer, operations } = old;
    actor.task.install(new File({ buffer, operations, flags: accessOf(operation.flag('ro')) | O.LARGEFILE }), {
      cloexec: operation.flag('cloexec'),
    });
  },
};

function nameOf(prop: Prop): string {
  if (prop.kind !== 'posix-shm' || prop.name === null) throw new Refusal(`${prop.label} is not a file in /dev/shm`);
  return prop.name;
}

function accessOf(readOnly: boolean): number {
  return readOnly ? O.RDONLY : O.RDWR;
}

/** Closes the descriptor if what comes next is refused. */
function undoing(task: Task, fd: number, next: () => void): void {
  try {
    next();
  } catch (error) {
    task.close(fd);
    throw error;
  }
}
