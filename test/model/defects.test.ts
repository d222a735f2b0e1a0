/** Defects of the 2016 series that show where the kernel calls the core; those of the core: test/core/defects.test.ts. */
import { expect, test } from 'vitest';
import { Tracker } from '../../lib/core/tracker.ts';
import type { Semantics } from '../../lib/core/tracker.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { File } from '../../lib/model/file.ts';
import type { Exporter } from '../../lib/model/exporter.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseMemtrack } from '../../lib/procfs/memtrack.ts';

/** As ION, the only one to which the series gave a memtrack buffer. */
const ION: Exporter = { name: 'ion', kind: 'ion', memtrack: true };

function ionAlloc(kernel: Machine, task: Task, tag: string): number {
  const buffer = kernel.createBuffer(ION, { size: 4096, creator: task, tag });
  return task.install(new File({ buffer }));
}

/** Tags of the rows of the task's /proc file. */
function rows(kernel: Machine, { pid }: Task): readonly string[] {
  return parseMemtrack(kernel.read(`/proc/${pid}/memtrack`))?.rows.map(({ tag }) => tag ?? '') ?? [];
}

test.each([
  ['posted', ['KEPT', 'DISPLACED']],
  ['intended', ['KEPT']],
] as const)('B7: dup2 over a tracked fd, %s', (semantics, held) => {
  using kernel = new Machine({ semantics });
  const task = kernel.spawn();
  const kept = ionAlloc(kernel, task, 'KEPT');
  const displaced = ionAlloc(kernel, task, 'DISPLACED');
  const [left] = task.socketpair();
  task.sendmsg(left, [displaced]); // so that the buffer outlives the fd
  task.dup2(kept, displaced);
  expect(task.files.get(displaced)).toBe(task.file(kept));
  expect(rows(kernel, task)).toEqual(held);
});

test.each([
  ['posted', 0],
  ['intended', -12],
] as const)('B6: handle allocation fails, %s', (semantics, status) => {
  using tracker = new Tracker({ semantics, limits: { handles: 1 } });
  const task = tracker.spawn(612);
  const install = (): number => {
    const buffer = tracker.init({ size: 4096, task });
    try {
      tracker.install(task, buffer);
      return 0;
    } catch (error) {
      return (error as { errno: number }).errno;
    }
  };
  expect([install(), install()]).toEqual([0, status]);
  expect(tracker.snapshot().handles.length).toBe(1);
});

test('posted tracks only exporters that give a memtrack buffer', () => {
  const tracked = (semantics: Semantics): readonly string[] => {
    using kernel = new Machine({ semantics });
    const task = kernel.spawn();
    ionAlloc(kernel, task, 'ION');
    kernel.dmaHeap('system').alloc(task, { size: 4096 });
    kernel.memfdCreate(task, 'frame');
    return rows(kernel, task);
  };
  expect(tracked('posted')).toEqual(['ION']);
  expect(tracked('intended')).toHaveLength(3);
});
