import { FLAG, NO_FD, OP } from '../core/record.ts';
import { MFD } from '../drivers/memfd.ts';
import { acquireLowest, used } from './acquire.ts';
import { isShmPath, shmName } from './fd-name.ts';
import { nameFd, rename } from './identify.ts';
import type { Handler } from './lowering.ts';
import { wide } from './lowering.ts';
import { exportBuffer, openBuffer, recordedExporter } from './recorded-buffers.ts';

const GROW_BIT = FLAG.grow << 16;

const memfd: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const name = run.strings.get(words[at + 6]!);
  const buffer = run.kernel.createBuffer(recordedExporter('memfd', 'memfd'), { size: 0, name, creator: task });
  run.names.add(buffer);
  acquireLowest(run, task, words[at + 5]!, openBuffer(buffer), (words[at + 2]! & MFD.CLOEXEC) !== 0);
};

const truncate: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  const size = wide(words, at);
  const fd = words[at + 5]!;
  if (fd === NO_FD) {
    const path = run.strings.get(words[at + 6]!);
    if (path !== null && isShmPath(path)) run.shm.truncate(shmName(path), size);
    return;
  }
  const buffer = used(run, task, fd)?.buffer ?? null;
  if (buffer === null || buffer.kind === 'dma-buf') return;
  if ((words[at + 7]! & GROW_BIT) === 0) buffer.resize(size);
  else if (buffer.size === null) buffer.sizeAtLeast = Math.max(buffer.sizeAtLeast ?? 0, size);
  else if (size > buffer.size) buffer.resize(size);
};

const unlink: Handler = (run, words, at) => {
  const path = run.strings.get(words[at + 6]!);
  if (path !== null && isShmPath(path)) run.shm.unlink(shmName(path));
};

/** DMA_HEAP_IOCTL_ALLOC: strace prints a pointer, so the fd is the lowest free one, and the size is not known. */
const heapAlloc: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const shown = words[at + 5]! !== NO_FD;
  const size = wide(words, at);
  if (size === 0) run.losses.count('buffer_size_unknown');
  const buffer = run.kernel.createBuffer(recordedExporter('dma-buf', run.strings.get(words[at + 6]!) ?? 'dma-heap'), {
    size: size === 0 ? null : size,
    creator: task,
    known: shown ? (size === 0 ? 'lower-bound' : 'exact') : 'inferred',
  });
  if (shown) {
    acquireLowest(run, task, words[at + 5]!, exportBuffer(buffer, words[at + 5]!), false);
    return;
  }
  const fd = task.files.lowestFree();
  const file = exportBuffer(buffer, fd);
  run.losses.count('fd_inferred');
  task.files.installAt(task, fd, file, { inferred: true });
  run.inferred.add(task.files, fd, file);
};

const udmabuf: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const size = wide(words, at);
  if (size === 0) run.losses.count('buffer_size_unknown');
  const buffer = run.kernel.createBuffer(recordedExporter('dma-buf', 'udmabuf'), {
    size: size === 0 ? null : size,
    creator: task,
    known: size === 0 ? 'lower-bound' : 'exact',
  });
  acquireLowest(run, task, words[at + 5]!, exportBuffer(buffer, words[at + 5]!), false);
};

const setName: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  const buffer = used(run, task, words[at + 5]!)?.buffer ?? null;
  if (buffer === null || buffer.kind !== 'dma-buf') return;
  if (words[at + 6]! === 0) run.losses.count('buffer_name_unknown');
  rename(run, buffer, run.strings.get(words[at + 6]!));
};

const fdName: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  nameFd(run, task, words[at + 5]!, run.fdName(words[at + 6]!));
};

/** Buffers come to be, change size and name. */
export const bufferHandlers = {
  [OP.memfd]: memfd,
  [OP.truncate]: truncate,
  [OP.unlink]: unlink,
  [OP.heapAlloc]: heapAlloc,
  [OP.udmabuf]: udmabuf,
  [OP.setName]: setName,
  [OP.fdName]: fdName,
} as const;
