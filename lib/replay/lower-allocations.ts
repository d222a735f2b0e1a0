import { FLAG, OP, SPACE } from '../core/record.ts';
import type { Task } from '../model/task.ts';
import { type Handler, type Lowering, tail, wide } from './lowering.ts';

const OWNER_BIT = FLAG.withOwner << 16;
const TWO_32 = 2 ** 32;

/** Services that allocate for their clients: Android's graphics allocators (android.memory.dmabuf of Perfetto blames so). */
const ALLOCATOR = /allocator|gralloc/i;

const alloc: Handler = (run, words, at) => {
  const actor = words[at + 4]! === 0 ? null : run.task(words, at);
  const event = run.allocations.event.read(run.strings, words, at);
  run.allocations.allocate(event, event.client === 0 ? actor : blamed(run, actor, event.client));
};

/** A service that allocates while it works on a request is not to blame, its client is. */
function blamed(run: Lowering, actor: Task | null, client: number): Task | null {
  if (actor === null) return actor;
  const service = ALLOCATOR.test(actor.leader.comm ?? '') || ALLOCATOR.test(actor.comm ?? '');
  return service ? (run.tasks.get(client) ?? actor) : actor;
}

const free: Handler = (run, words, at) => {
  const event = run.allocations.event.read(run.strings, words, at);
  run.allocations.free(event);
  if (event.space !== SPACE.dmaHeap || typeof event.id !== 'number') return;
  // Where descriptors are known, too: nobody holds it any more.
  if (run.identities.known(event.id) !== null) {
    run.stamp(at);
    run.identities.release(event.id);
  }
};

const total: Handler = (run, words, at) => {
  run.stamp(at);
  const space = words[at + 5]!;
  const t = tail(at);
  const bytes = wide(words, at);
  if (space === SPACE.dmabufRss) {
    dmabufRss(run, words, at, bytes);
    return;
  }
  const what = space === SPACE.gpu ? `GPU ${words[t + 5]!}` : `Mali GPU ${words[t + 5]!}`;
  const pid = (words[at + 7]! & OWNER_BIT) !== 0 && words[t + 4]! !== 0 ? words[t + 4]! : null;
  run.kernelSums.set(`${what}:${pid ?? ''}`, { what, pid, bytes, older: null });
};

/** dmabuf_rss_stat: the process gained its first reference to a buffer, or lost its last. */
function dmabufRss(run: Lowering, words: Uint32Array, at: number, rss: number): void {
  const task = words[at + 4]! === 0 ? null : run.task(words, at);
  if (task === null) return;
  const t = tail(at);
  const inode = words[t]! + words[t + 1]! * TWO_32;
  const delta = words[t + 2]! + (words[t + 3]! | 0) * TWO_32;
  const { group } = task;
  const what = 'dma-bufs of a process';
  const key = `${what}:${group.key}`;
  if (rss === 0) run.kernelSums.delete(key);
  else run.kernelSums.set(key, { what, pid: group.pid, bytes: rss, older: null });
  const buffer = run.identities.dmaBuf(inode, Math.abs(delta), null);
  if (delta >= 0) run.holds.add(group, buffer, run.kernel.now);
  else run.holds.delete(group, buffer);
}

/** Allocators tell what they hand out, and the kernel what it sums up. */
export const allocationHandlers = {
  [OP.alloc]: alloc,
  [OP.free]: free,
  [OP.total]: total,
} as const;
