/** What the tests of the defects share: ION's buffers by their tag, and what /proc and the core say of them. */
import type { Ion } from '../../lib/drivers/ion.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseMemtrack } from '../../lib/procfs/memtrack.ts';

export type Semantics = 'intended' | 'posted';

export const SIZE = 8192;

export class World implements Disposable {
  readonly kernel: Machine;
  readonly ion: Ion;

  constructor(semantics: Semantics, options: KernelOptions = {}) {
    this.kernel = new Machine({ ...options, semantics });
    this.ion = this.kernel.ion();
  }

  [Symbol.dispose](): void {
    this.kernel.close();
  }

  /** A new buffer's fd in the task's table, the lowest free; no handle of ION is left. */
  share(task: Task, tag: string): number {
    const device = this.ion.open(task);
    const handle = this.ion.alloc(task, device, { size: SIZE });
    const fd = this.ion.share(task, device, handle);
    task.file(fd).buffer?.setTag(tag);
    task.close(device);
    const low = task.dupfd(fd, 0);
    if (low > fd) {
      task.close(low);
      return fd;
    }
    task.close(fd);
    return low;
  }

  /** Tags of the rows of the task's /proc file, ascending by id. */
  rows(task: Task): readonly string[] {
    return this.read(task).map(({ tag }) => tag ?? '');
  }

  /** Number of VMAs in each row. */
  mapped(task: Task): readonly number[] {
    return this.read(task).map(({ mappings }) => mappings.length);
  }

  /** The column `ref_count` of the row with that tag, as some process's file shows it; 0: none has such a row. */
  userspaceHandles(tag: string): number {
    for (const task of this.kernel.tasks()) {
      const row = this.read(task).find((each) => each.tag === tag);
      if (row !== undefined) return row.userspaceHandles;
    }
    return 0;
  }

  /** The counters of the core that are not 0. */
  counters(): readonly (readonly [string, number])[] {
    this.kernel.flush();
    return this.kernel.tracker!.counters().map(({ name, count }) => [name, count]);
  }

  /** Id that the next buffer gets. */
  nextId(): number {
    const task = this.kernel.spawn();
    this.share(task, 'PROBE');
    const [row] = this.read(task);
    task.exitGroup();
    return row!.id;
  }

  read(task: Task) {
    return parseMemtrack(this.kernel.read(`/proc/${task.pid}/memtrack`))?.rows ?? [];
  }
}
