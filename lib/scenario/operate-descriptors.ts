import { File } from '../model/file.ts';
import { CLOSE_RANGE } from '../model/flags.ts';
import type { Operate } from './operate.ts';
import { parseSize } from './operation.ts';
import { Refusal } from './scenario-error.ts';

/** The descriptor table. */
export const DESCRIPTORS: Readonly<Record<string, Operate>> = {
  dup(stage, actor, operation) {
    const fd = stage.fdOf(actor, stage.prop(operation.word(0)), operation);
    actor.task.dupfd(fd, operation.count('min') ?? 0, operation.flag('cloexec'));
  },

  dup2(stage, actor, operation) {
    const fd = stage.fdOf(actor, stage.prop(operation.word(0)), operation);
    actor.task.dup2(fd, operation.number(1));
  },

  cloexec(stage, actor, operation) {
    const word = operation.word(1);
    if (word !== 'on' && word !== 'off') throw new Refusal(`cloexec ${word}: expected on or off`);
    actor.task.setCloexec(stage.fdOf(actor, stage.prop(operation.word(0)), operation), word === 'on');
  },

  close(stage, actor, operation) {
    actor.task.close(stage.fdOf(actor, stage.prop(operation.word(0)), operation));
  },

  closeall(stage, actor, operation) {
    for (const fd of stage.fdsOf(actor, stage.prop(operation.word(0)))) actor.task.close(fd);
  },

  closerange(stage, actor, operation) {
    const flags =
      (operation.flag('cloexec') ? CLOSE_RANGE.CLOEXEC : 0) | (operation.flag('unshare') ? CLOSE_RANGE.UNSHARE : 0);
    actor.task.closeRange(operation.number(0), operation.number(1), flags);
    stage.tables.assign(actor, actor.task.files);
  },

  unshare(stage, actor) {
    actor.task.unshareFiles();
    stage.tables.assign(actor, actor.task.files);
  },

  truncate(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const size = parseSize(operation.word(1));
    actor.task.ftruncate(stage.fdOf(actor, prop, operation), size);
    stage.resize(prop, size);
  },

  pidfdget(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const from = stage.actor(operation.word(1));
    const { leader } = from.task;
    // pidfd_open, and then close.
    const pidfd = actor.task.install(new File({ path: 'anon_inode:[pidfd]' }), { cloexec: true });
    try {
      actor.task.pidfdGetfd(leader, stage.fdOf(from, prop));
    } finally {
      actor.task.close(pidfd);
    }
  },
};
