import { FLAG, OP, SPACE } from '../core/record.ts';
import type { Task } from '../model/task.ts';
import type { AllocationEvent } from './allocations.ts';
import { type Handler, type Lowering, tail, wide } from './lowering.ts';

const ID_BIT = FLAG.withId << 16;
const TOTAL_BIT = FLAG.withTotal << 16;
const OWNER_BIT = FLAG.withOwner << 16;
const DOMAIN_BIT = FLAG.withDomain << 16;

/** Beyond this high half a number is not exact. */
const EXACT_HIGH = 1 << 21;
const TWO_32 = 2 ** 32;

/** Services that allocate for their clients: Android's graphics allocators (android.memory.dmabuf of Perfetto blames so). */
const ALLOCATOR = /allocator|gralloc/i;

function eventOf(run: Lowering, words: Uint32Array, at: number): AllocationEvent {
  const t = tail(at);
  const flags = words[at + 7]!;
  const space = words[at + 5]!;
  const domain = (flags & DOMAIN_BIT) === 0 ? 0 : words[t + 5]!;
  return {
    space,
    id: (flags & ID_BIT) === 0 ? null : idOf(words, t, space, domain),
    bytes: wide(words, at),
    name: words[at + 6]! === 0 ? null : run.strings.get(words[at + 6]!),
    total: (flags & TOTAL_BIT) === 0 ? null : wide(words, t),
    domain,
  };
}

function idOf(words: Uint32Array, t: number, space: number, domain: number): number | string {
  const low = words[t]!;
  const high = words[t + 1]!;
  if (space === SPACE.fastrpc) return `${domain}:${high}:${low}`;
  return high < EXACT_HIGH ? high * TWO_32 + low : `${high}:${low}`;
}

const alloc: Handler = (run, words, at) => {
  run.stamp(at);
  const actor = words[at + 4]! === 0 ? null : run.task(words, at);
  const t = tail(at);
  const owner = (words[at + 7]! & OWNER_BIT) === 0 ? 0 : words[t + 4]!;
  run.allocations.allocate(eventOf(run, words, at), blamed(run, actor, words[t + 6]!), owner, run.kernel.now);
};

/** A service that allocates while it works on a request is not to blame, its client is. */
function blamed(run: Lowering, actor: Task | null, client: number): Task | null {
  if (client === 0 || actor === null) return actor;
  const served = run.tasks.get(client);
  if (served === null) return actor;
  const service = ALLOCATOR.test(actor.leader.comm ?? '') || ALLOCATOR.test(actor.comm ?? '');
  return service ? served : actor;
}

const free: Handler = (run, words, at) => {
  run.stamp(at);
  const event = eventOf(run, words, at);
  run.allocations.free(event, run.kernel.now);
  // Where descriptors are known, too: nobody holds it any more.
  if (event.space === SPACE.dmaHeap && typeof event.id === 'number' && run.identities.known(event.id) !== null) {
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

/** dmabuf_rss_stat: the process gained or lost its first reference to a buffer. */
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
