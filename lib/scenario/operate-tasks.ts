import { CLONE } from '../model/flags.ts';
import { Socket } from '../model/socket.ts';
import type { Operate } from './operate.ts';
import { MemtrackError } from '../core/errors.ts';
import { Refusal } from './scenario-error.ts';

/** CMSG_SPACE for 16 descriptors: the room that actors give to what they receive. */
const CONTROL_LENGTH = 80;
const MAX_SENT = 16;
/** What `send` calls the actor's own socket for mail. */
const MAILBOX = 'mailbox';

/** Processes, threads, and what they send each other. */
export const TASKS: Readonly<Record<string, Operate>> = {
  send(stage, actor, operation) {
    const to = stage.actor(operation.word(0));
    operation.word(1);
    const labels = operation.words.slice(1);
    if (labels.length > MAX_SENT) throw new Refusal(`send: at most ${MAX_SENT} descriptors in a message`);
    const fds = labels.map((label) => (label === MAILBOX ? actor.mailbox : stage.fdOf(actor, stage.prop(label))));
    if (!to.listens) throw new MemtrackError('ECONNREFUSED', 'sendmsg', `${to.label} is not there`);
    stage.senders.set(actor.task.sendTo(actor.mailbox, to.box, fds), actor);
  },

  recv(stage, actor, operation) {
    const [message] = actor.box.queue;
    if (message === undefined) throw new Refusal(`nothing in flight to ${actor.label}`);
    if (message.files.some((file) => file instanceof Socket))
      throw new Refusal(`${actor.label} would receive a mailbox`);
    const { truncated } = actor.task.recvmsg(actor.mailbox, {
      cloexec: operation.flag('cloexec'),
      controlLength: CONTROL_LENGTH,
    });
    if (truncated) throw new Refusal(`too few descriptors received: ${actor.label} has no free ones`);
  },

  fork(stage, actor, operation) {
    const flags = (operation.flag('files') ? CLONE.FILES : 0) | (operation.flag('pidns') ? CLONE.NEWPID : 0);
    const child = actor.fork(operation.word(0), flags);
    stage.placements.copy(actor.task.mm, child.task.mm);
    stage.addActor(child);
  },

  thread(stage, actor, operation) {
    stage.addActor(actor.thread(operation.word(0), operation.flag('unshare')));
  },

  exec(stage, actor) {
    actor.exec();
    for (const other of stage.actors) {
      if (other.leader === actor.leader && other !== actor) other.leader = actor;
      if (other.parent === actor.leader) other.parent = actor;
    }
    actor.leader = actor;
    stage.tables.assign(actor, actor.task.files, true);
    stage.spaces.assign(actor, actor.task.mm, true);
  },

  exit(_stage, actor) {
    actor.task.exitGroup(0);
  },

  leave(_stage, actor) {
    actor.task.exit(0);
  },

  wait(stage, actor, operation) {
    const child = stage.actor(operation.word(0));
    if (actor.task.wait(child.task.pid) === null)
      throw new Refusal(`${child.label} has not ended: ${actor.label} would wait for ever`);
  },
};
