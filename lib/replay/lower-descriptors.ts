import { FLAG, OP } from '../core/record.ts';
import { CLOSE_RANGE, O } from '../model/flags.ts';
import { acquire, acquireLowest, used } from './acquire.ts';
import { openAgain } from './identify.ts';
import type { Handler } from './lowering.ts';
import { openBuffer } from './recorded-buffers.ts';
import { isShmPath, shmName } from './fd-name.ts';
import { HiddenFile } from './recorded-file.ts';

const CLOEXEC_BIT = FLAG.cloexec << 16;
const ONTO_BIT = FLAG.onto << 16;

const open: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const fd = words[at + 5]!;
  const flags = words[at + 2]!;
  const path = words[at + 6]! === 0 ? null : run.strings.get(words[at + 6]!);
  const cloexec = (flags & O.CLOEXEC) !== 0;
  if (path === null) {
    acquireLowest(run, task, fd, run.otherFile.get(), cloexec);
    return;
  }
  if (isShmPath(path)) {
    const buffer = run.shm.open(task, shmName(path), flags);
    if (buffer !== null) run.names.add(buffer);
    acquireLowest(run, task, fd, buffer === null ? run.otherFile.get() : openBuffer(buffer, flags), cloexec);
    return;
  }
  acquireLowest(run, task, fd, openAgain(run, task, path, flags) ?? run.otherFile.get(), cloexec);
};

const newFd: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  acquireLowest(run, task, words[at + 5]!, run.otherFile.get(), (words[at + 7]! & CLOEXEC_BIT) !== 0);
};

const close: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task !== null && !task.files.closeAt(task, words[at + 5]!)) run.losses.count('fd_close_unknown');
};

const closeRange: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  const flags = words[at + 2]!;
  if ((flags & CLOSE_RANGE.UNSHARE) !== 0) {
    run.stamp(at);
    task.unshareFiles();
  }
  task.files.closeRangeAt(task, words[at + 5]!, words[at + 6]!, (flags & CLOSE_RANGE.CLOEXEC) !== 0);
};

const dup: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const from = words[at + 5]!;
  const to = words[at + 6]!;
  const flags = words[at + 7]!;
  const file = used(run, task, from);
  if (file === null || from === to) return;
  const cloexec = (flags & CLOEXEC_BIT) !== 0;
  if ((flags & ONTO_BIT) === 0) acquire(run, task, to, file.get(), cloexec);
  else if (to < run.kernel.nrOpen) task.files.dupAt(task, file, to, cloexec);
  else run.losses.count('fd_out_of_range');
};

const setCloexec: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  const fd = words[at + 5]!;
  if (used(run, task, fd) !== null) task.files.setCloexec(fd, (words[at + 7]! & CLOEXEC_BIT) !== 0);
};

const pidfdGetfd: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const other = words[at + 2]! === 0 ? null : run.tasks.get(words[at + 2]!);
  const file = other === null ? null : used(run, other, words[at + 6]!);
  acquireLowest(run, task, words[at + 5]!, file?.get() ?? new HiddenFile(), true);
};

/** Descriptors are made, copied, marked and closed. */
export const descriptorHandlers = {
  [OP.open]: open,
  [OP.newFd]: newFd,
  [OP.close]: close,
  [OP.closeRange]: closeRange,
  [OP.dup]: dup,
  [OP.setCloexec]: setCloexec,
  [OP.pidfdGetfd]: pidfdGetfd,
} as const;
