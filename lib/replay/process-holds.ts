import type { Buffer } from '../model/buffer.ts';
import type { ThreadGroup } from '../model/thread-group.ts';

export interface ProcessHold {
  readonly group: ThreadGroup;
  readonly buffer: Buffer;
  readonly since: bigint;
}

/** Before those of ended processes are sorted out. */
const ROOM = 1024;

/** Processes that are known to hold a buffer, by what descriptor or mapping is not. */
export class ProcessHolds {
  readonly #holds = new Map<ThreadGroup, Map<Buffer, bigint>>();
  #room = ROOM;

  add(group: ThreadGroup, buffer: Buffer, since: bigint): void {
    let held = this.#holds.get(group);
    if (held === undefined) {
      held = new Map();
      this.#holds.set(group, held);
      if (this.#holds.size > this.#room) this.#sortOut();
    }
    if (!held.has(buffer)) held.set(buffer, since);
  }

  delete(group: ThreadGroup, buffer: Buffer): void {
    this.#holds.get(group)?.delete(buffer);
  }

  /** The process has a new address space. */
  clear(group: ThreadGroup): void {
    this.#holds.delete(group);
  }

  /** Of processes and buffers that live. */
  *live(): Generator<ProcessHold, void, undefined> {
    for (const [group, held] of this.#holds) {
      if (!group.alive) continue;
      for (const [buffer, since] of held) if (buffer.alive) yield { group, buffer, since };
    }
  }

  /** Buffers that a living process holds. */
  buffers(): ReadonlySet<Buffer> {
    return new Set(Array.from(this.live(), ({ buffer }) => buffer));
  }

  #sortOut(): void {
    for (const [group, held] of this.#holds) {
      for (const buffer of held.keys()) if (!buffer.alive) held.delete(buffer);
      if (!group.alive || held.size === 0) this.#holds.delete(group);
    }
    this.#room = Math.max(ROOM, this.#holds.size * 2);
  }
}
