import { describe, expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseDebugMemtrack } from '../../lib/procfs/debug-memtrack.ts';
import { parseMemtrack } from '../../lib/procfs/memtrack.ts';
import { parseStat, STAT } from '../../lib/procfs/stat.ts';
import { parseStatus } from '../../lib/procfs/status.ts';
import { refusal } from '../model/world.ts';

interface Container {
  readonly kernel: Machine;
  readonly outside: Task;
  readonly init: Task;
  readonly inside: Task;
}

/** 612 makes a container: 700 is its pid 1, 701 its pid 2. */
function container(): Container {
  const kernel = new Machine({ memtrack: 'debug' });
  const outside = kernel.spawn({ pid: 612, comm: 'runtime' });
  const init = outside.clone(CLONE.NEWPID, { pid: 700, comm: 'init' });
  return { kernel, outside, init, inside: init.fork({ pid: 701, comm: 'app' }) };
}

/** The processes that a task finds in /proc, or root outside the model. */
function processes(kernel: Machine, as: Task | null = null): readonly string[] {
  return kernel.list('/proc', { as }).filter((name) => /^\d+$/.test(name));
}

test('a task sees the processes of its own namespace and below, by their numbers there', () => {
  const { kernel, outside, init, inside } = container();
  const deeper = inside.clone(CLONE.NEWPID, { pid: 702 });
  expect(processes(kernel)).toEqual(['612', '700', '701', '702']);
  expect(processes(kernel, outside)).toEqual(processes(kernel));
  expect(processes(kernel, init)).toEqual(['1', '2', '3']);
  expect(processes(kernel, deeper)).toEqual(['1']);
  expect(kernel.read('/proc/2/comm', { as: init })).toBe('app\n');
  expect(refusal(() => kernel.read('/proc/701/comm', { as: init }))).toBe('ENOENT');
  expect(refusal(() => kernel.read('/proc/612/comm', { as: inside }))).toBe('ENOENT');
  expect([outside, inside, deeper].map((as) => kernel.readlink('/proc/self', { as }))).toEqual(['612', '2', '1']);
  const thread = inside.clone(CLONE_PTHREAD, { pid: 703 });
  expect(kernel.readlink('/proc/thread-self', { as: thread })).toBe('2/task/4');
  expect(kernel.list('/proc/self/task', { as: thread })).toEqual(['2', '4']);
});

describe('which pid a file prints', () => {
  const { kernel, outside, init, inside } = container();
  const deeper = inside.clone(CLONE.NEWPID, { pid: 702 });
  const status = (path: string, as: Task): NonNullable<ReturnType<typeof parseStatus>> =>
    parseStatus(kernel.read(path, { as }))!;

  test('status: the reader’s, and from there down all', () => {
    expect(status('/proc/702/status', outside)).toMatchObject({
      tgid: 702,
      pid: 702,
      ppid: 701,
      nsTgid: [702, 3, 1],
      nsPid: [702, 3, 1],
      nsPgid: [0, 0, 0],
    });
    expect(status('/proc/3/status', init)).toMatchObject({ pid: 3, ppid: 2, nsPid: [3, 1] });
    expect(status('/proc/self/status', deeper)).toMatchObject({ pid: 1, ppid: 0, nsPid: [1] });
    expect(kernel.read('/proc/702/status')).toContain('\nNSpid:\t702\t3\t1\n');
  });

  test('stat: the reader’s', () => {
    const stat = parseStat(kernel.read('/proc/3/stat', { as: init }))!;
    expect([stat.pid, stat.columns[STAT.PPID]]).toEqual([3, 2]);
  });

  test('memtrack: the first namespace’s, whoever reads', () => {
    kernel.memfdCreate(inside, 'frame');
    expect(parseMemtrack(kernel.read('/proc/2/memtrack', { as: init }))!.pid).toBe(701);
    expect(parseMemtrack(kernel.read('/proc/701/memtrack'))!.pid).toBe(701);
    expect(parseDebugMemtrack(kernel.read('/sys/kernel/debug/memtrack', { as: init }))!.rows[0]!.pid).toBe(701);
  });
});

test('a container’s processes are gone with its init', () => {
  const { kernel, outside, init } = container();
  init.kill(9);
  expect(processes(kernel)).toEqual(['612', '700']);
  outside.wait();
  expect(processes(kernel)).toEqual(['612']);
});
