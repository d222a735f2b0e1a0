import { FLAG, NO_FD, OP } from '../core/record.ts';
import type { File } from '../model/file.ts';
import type { Message } from '../model/message.ts';
import { acquire, used } from './acquire.ts';
import { tail, type Handler, type Lowering, wide } from './lowering.ts';
import { operationsOf } from './recorded-buffers.ts';
import { closedFd, type FileIdentity, SeenFile } from './seen-file.ts';

const CLOEXEC_BIT = FLAG.cloexec << 16;
const KNOWN_BIT = FLAG.cloexecKnown << 16;
const MEMFD_BIT = FLAG.ofMemfd << 16;
const SEEN_BIT = FLAG.seen << 16;
const DETACH_BIT = FLAG.detach << 16;

/** Messages kept for a receiver that may never come. */
const MESSAGES_MOST = 65536;

function identityOf(words: Uint32Array, at: number): FileIdentity {
  const t = tail(at);
  const unknown = words[t + 2] === NO_FD && words[t + 3] === NO_FD;
  return { inode: words[t]! + words[t + 1]! * 2 ** 32, dev: unknown ? null : wide(words, t) };
}

function textOf(run: Lowering, number: number): string | null {
  return number === 0 ? null : run.strings.get(number);
}

/** fd_install, dma_buf_fd, dma_buf_get. */
const fdFile: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const fd = words[at + 5]!;
  const flags = words[at + 7]!;
  const identity = identityOf(words, at);
  const memfd = (flags & MEMFD_BIT) !== 0;
  const exporter = textOf(run, words[at + 6]!);
  const buffer = run.identities.file(task, identity, wide(words, at), exporter, memfd);
  if ((flags & SEEN_BIT) !== 0 && buffer !== null) {
    const file = task.files.get(fd);
    if (file?.buffer === buffer) return;
    if (file !== null && file.buffer !== null) run.losses.count('fd_changed_unseen');
    if (file !== null) task.files.closeAt(task, fd);
  }
  const options = buffer === null ? { path: 'other' } : { buffer, operations: operationsOf(buffer) };
  acquire(run, task, fd, new SeenFile(identity, fd, (flags & KNOWN_BIT) !== 0, options), (flags & CLOEXEC_BIT) !== 0);
};

/** filp_flush: a descriptor was closed, which one is told only by the calls that close. */
const fdFlush: Handler = (run, words, at) => {
  run.identities.closesShown = true;
  const task = run.task(words, at);
  if (task === null) return;
  const fd = words[at + 5]! === NO_FD ? closedFd(task.files, identityOf(words, at)) : words[at + 5]!;
  if (fd === null || !task.files.closeAt(task, fd)) run.losses.count('fd_close_unknown');
};

const exported: Handler = (run, words, at) => {
  run.stamp(at);
  const task = words[at + 4]! === 0 ? null : run.task(words, at);
  run.identities.export(task, identityOf(words, at).inode, wide(words, at), textOf(run, words[at + 6]!));
};

const release: Handler = (run, words, at) => {
  run.stamp(at);
  run.identities.releasesShown = true;
  run.identities.release(identityOf(words, at).inode);
};

const imported: Handler = (run, words, at) => {
  run.stamp(at);
  const t = tail(at);
  const attachment = `${words[t + 3]!}:${words[t + 2]!}`;
  const detach = (words[at + 7]! & DETACH_BIT) !== 0;
  run.identities.import(identityOf(words, at).inode, attachment, wide(words, at), detach);
};

/** dma_buf_mmap_internal, which does not tell where; where system calls were recorded they do. */
const mapFile: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null || run.mapsShown) return;
  run.stamp(at);
  const buffer = run.identities.dmaBuf(identityOf(words, at).inode, wide(words, at), textOf(run, words[at + 6]!));
  run.losses.count('map_end_unknown');
  run.holds.add(task.group, buffer, run.kernel.now);
};

const binderSend: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const file = used(run, task, words[at + 5]!);
  if (file === null) return;
  const t = tail(at);
  const targetFd = words[t + 4]!;
  if (targetFd === NO_FD) {
    passing(run).set(passKey(words, t), run.kernel.hold(task, [file.get()]));
    bound(passing(run));
    return;
  }
  const target = run.kernel.task(words[t + 5]!);
  if (target?.alive === true) acquire(run, target, targetFd, file.get(), true);
  else run.losses.count('binder_target_unknown');
};

const binderReceive: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const key = passKey(words, tail(at));
  const message = passing(run).get(key);
  passing(run).delete(key);
  const file: File | null = message?.take(0) ?? null;
  if (file === null) {
    run.losses.count('receive_without_send');
    return;
  }
  acquire(run, task, words[at + 5]!, file, true);
};

/** Messages of binder that were sent and not received, by replay. */
const messages = new WeakMap<Lowering, Map<string, Message>>();

function passing(run: Lowering): Map<string, Message> {
  let map = messages.get(run);
  if (map === undefined) {
    map = new Map();
    messages.set(run, map);
  }
  return map;
}

function passKey(words: Uint32Array, t: number): string {
  return `${words[t]!}@${words[t + 2]!}`;
}

function bound(map: Map<string, Message>): void {
  if (map.size <= MESSAGES_MOST) return;
  const [oldest] = map;
  if (oldest === undefined) return;
  map.delete(oldest[0]);
  oldest[1].drop();
}

/** Which file a descriptor is of, as kernel functions and binder tell. */
export const fileHandlers = {
  [OP.fdFile]: fdFile,
  [OP.fdFlush]: fdFlush,
  [OP.export]: exported,
  [OP.release]: release,
  [OP.import]: imported,
  [OP.mapFile]: mapFile,
  [OP.binderSend]: binderSend,
  [OP.binderReceive]: binderReceive,
} as const;
