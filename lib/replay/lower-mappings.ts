import { FLAG, NO_FD, OP } from '../core/record.ts';
import { MADV, MREMAP, pageAlign } from '../model/flags.ts';
import { atLeast, used } from './acquire.ts';
import type { Handler } from './lowering.ts';
import { wide } from './lowering.ts';
import { HiddenFile } from './recorded-file.ts';

const SHARED_BIT = FLAG.mapShared << 16;
const TAIL = 8;

/** Length of a record that has its address in `size`: `buffer` | `aux` << 32. */
function lengthOf(words: Uint32Array, at: number): number {
  return words[at + 5]! + words[at + 6]! * 2 ** 32;
}

const mmap: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null || (words[at + 7]! | 0) >= 0) return;
  run.mapsShown = true;
  const fd = words[at + 5]!;
  const length = wide(words, at);
  const address = words[at + TAIL]! + words[at + TAIL + 1]! * 2 ** 32;
  const file = fd === NO_FD ? null : used(run, task, fd);
  const { mm } = task;
  if (file === null || file.buffer === null) {
    // Not memory of a buffer; it takes the place of what was there.
    if (mm.mapCount > 0) mm.unmap(task, address, length);
    if (file instanceof HiddenFile && (words[at + 7]! & SHARED_BIT) !== 0) run.losses.count('map_unknown_fd');
    return;
  }
  run.stamp(at);
  const offset = wide(words, at + TAIL);
  mm.map(task, address, length, file, offset, words[at + 6]!, (words[at + 7]! & SHARED_BIT) !== 0);
  atLeast(file.buffer, pageAlign(offset + length));
};

const munmap: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task !== null && task.mm.mapCount > 0) task.mm.unmap(task, wide(words, at), lengthOf(words, at));
};

const mprotect: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null || task.mm.mapCount === 0) return;
  task.mm.protect(task, wide(words, at), lengthOf(words, at), (words[at + 7]! >>> 16) & 7);
};

const mremap: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null || task.mm.mapCount === 0 || (words[at + 7]! | 0) >= 0) return;
  const tail = at + TAIL;
  const oldLength = words[tail]! + words[tail + 1]! * 2 ** 32;
  const address = words[tail + 4]! + words[tail + 5]! * 2 ** 32;
  const keepOld = oldLength === 0 || (words[tail + 6]! & MREMAP.DONTUNMAP) !== 0;
  task.mm.move(task, wide(words, at), oldLength, address, wide(words, tail), keepOld);
};

const madvise: Handler = (run, words, at) => {
  const task = run.task(words, at);
  const advice = (words[at + 7]! >>> 16) & 0x7fff;
  if (task === null || task.mm.mapCount === 0 || (advice !== MADV.DONTFORK && advice !== MADV.DOFORK)) return;
  task.mm.dontFork(task, wide(words, at), lengthOf(words, at), advice === MADV.DONTFORK);
};

/** Mappings are made, cut, moved and removed. */
export const mappingHandlers = {
  [OP.mmap]: mmap,
  [OP.munmap]: munmap,
  [OP.mprotect]: mprotect,
  [OP.mremap]: mremap,
  [OP.madvise]: madvise,
} as const;
