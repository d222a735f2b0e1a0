import { PidAllocator } from './pid-allocator.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

/** A pid namespace: its tasks have a pid in it and in each one above. */
export class PidNamespace {
  /** Unique in its kernel; 0 is the first. */
  readonly id: number;
  /** null: the first. */
  readonly parent: PidNamespace | null;
  readonly level: number;
  readonly pids: PidAllocator<Task>;
  /** Its pid 1, to whom orphans go and with whom all others end; null in the first: outside the model. */
  init: ThreadGroup | null = null;

  constructor(id: number, parent: PidNamespace | null, pidMax: number) {
    this.id = id;
    this.parent = parent;
    this.level = parent === null ? 0 : parent.level + 1;
    this.pids = new PidAllocator(pidMax, parent === null ? 1 : 0);
  }

  /** Itself and those above, from the first down. */
  get path(): readonly PidNamespace[] {
    return this.parent === null ? [this] : [...this.parent.path, this];
  }

  /** Its init has ended: nothing can be born in it any more (disable_pid_allocation). */
  get ended(): boolean {
    return this.init !== null && !this.init.alive;
  }
}
