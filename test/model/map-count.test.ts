import { describe, expect, test } from 'vitest';
import { MADV, MREMAP, PAGE, PROT, VMA } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { MERGING, openBuffer, refusal, Recorder } from './world.ts';

const LIMIT = 8;
const AT = 0x10_0000;

/** A task with `count` mappings of a page each, two pages apart, where vm.max_map_count is 8. */
function full(count: number): Task {
  const kernel = new Kernel({ maxMapCount: LIMIT });
  const task = kernel.spawn();
  const fd = task.install(openBuffer(kernel));
  for (let at = 0; at < count; at++) task.mmap({ fd, length: PAGE, address: AT + at * 2 * PAGE, fixed: true });
  return task;
}

/** The same, but that the first is of nine pages. */
function fullBehind(count: number): Task {
  const task = full(count);
  task.munmap(AT, PAGE);
  task.mmap({ fd: 0, length: 9 * PAGE, address: AT - 9 * PAGE, fixed: true });
  return task;
}

describe('vm.max_map_count', () => {
  test('lets mmap have one mapping more than it says', () => {
    const task = full(LIMIT + 1);
    expect(task.mm.vmas).toHaveLength(LIMIT + 1);
    expect(refusal(() => task.mmap({ fd: 0, length: PAGE }))).toBe('ENOMEM');
    expect(refusal(() => task.mmap({ fd: 0, length: PAGE, address: AT, fixed: true }))).toBe('ENOMEM');
    task.munmap(AT, PAGE);
    task.mmap({ fd: 0, length: PAGE, address: AT, fixed: true });
  });

  test('lets no hole be made at it, by munmap or by mmap', () => {
    const task = fullBehind(LIMIT - 1);
    const hole = AT - 8 * PAGE;
    task.munmap(hole, PAGE);
    expect(refusal(() => task.munmap(hole + 2 * PAGE, PAGE))).toBe('ENOMEM');
    expect(refusal(() => task.mmap({ fd: 0, length: PAGE, address: hole + 2 * PAGE, fixed: true }))).toBe('ENOMEM');
    expect(task.mm.vmas).toHaveLength(LIMIT);
    task.munmap(AT - PAGE, PAGE);
    task.munmap(hole + 2 * PAGE, AT);
  });

  test('lets mprotect and madvise split up to it, not beyond', () => {
    const task = fullBehind(LIMIT - 1);
    const middle = AT - 5 * PAGE;
    expect(refusal(() => task.mprotect(middle, PAGE, PROT.READ))).toBe('ENOMEM');
    expect(refusal(() => task.madvise(middle, PAGE, MADV.DONTFORK))).toBe('EAGAIN');
    expect(task.mm.vmas).toHaveLength(LIMIT - 1);
    task.mprotect(middle, 5 * PAGE, PROT.READ);
    expect(task.mm.vmas).toHaveLength(LIMIT);
    task.mprotect(middle, PAGE, PROT.READ | PROT.WRITE);
    task.mprotect(middle - PAGE, PAGE, PROT.READ | PROT.WRITE);
    expect(refusal(() => task.mprotect(middle - PAGE, PAGE, PROT.NONE))).toBe('ENOMEM');
  });

  test('stops mremap earlier, by what it may have to split', () => {
    const fixed = MREMAP.MAYMOVE | MREMAP.FIXED;
    const move = (task: Task): number => task.mremap(AT, PAGE, 2 * PAGE, fixed, 0x50_0000);
    expect(move(full(LIMIT - 6))).toBe(0x50_0000);
    expect(refusal(() => move(full(LIMIT - 5)))).toBe('ENOMEM');
    const duplicate = (task: Task): number => task.mremap(AT, 0, PAGE, MREMAP.MAYMOVE);
    expect(duplicate(full(LIMIT - 4))).toBeGreaterThan(AT);
    expect(refusal(() => duplicate(full(LIMIT - 3)))).toBe('ENOMEM');
  });
});

describe('advice that changes flags', () => {
  test('splits, and merges again when it is taken back', () => {
    const task = new Kernel().spawn();
    task.install(openBuffer(task.kernel));
    const at = task.mmap({ fd: 0, length: 4 * PAGE });
    for (const [advice, back] of [
      [MADV.RANDOM, MADV.NORMAL],
      [MADV.SEQUENTIAL, MADV.NORMAL],
      [MADV.DONTDUMP, MADV.DODUMP],
      [MADV.DONTFORK, MADV.DOFORK],
    ] as const) {
      task.madvise(at + PAGE, PAGE, advice);
      expect(task.mm.vmas).toHaveLength(3);
      task.madvise(at, 4 * PAGE, back);
      expect(task.mm.vmas).toHaveLength(1);
    }
    task.madvise(at, PAGE, MADV.RANDOM);
    task.madvise(at, PAGE, MADV.SEQUENTIAL);
    expect(task.mm.vmas[0]!.flags & (VMA.random | VMA.sequential)).toBe(VMA.sequential);
  });

  test('is refused where a mapping cannot take it, after what comes before', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    const ordinary = task.install(openBuffer(kernel));
    const pfn = task.install(openBuffer(kernel, { mmap: () => undefined, vmFlags: 16 | VMA.noMerge | VMA.noExpand }));
    task.mmap({ fd: ordinary, length: PAGE, address: AT, fixed: true });
    task.mmap({ fd: pfn, length: PAGE, address: AT + PAGE, fixed: true });
    task.madvise(AT, 2 * PAGE, MADV.DONTDUMP);
    expect(refusal(() => task.madvise(AT, 2 * PAGE, MADV.DODUMP))).toBe('EINVAL');
    expect(task.mm.vmas.map((vma) => vma.flags & VMA.dontDump)).toEqual([0, VMA.dontDump]);
    expect(refusal(() => task.madvise(AT, PAGE, MADV.FREE))).toBe('EINVAL');
    expect(refusal(() => task.madvise(AT, PAGE, MADV.WIPEONFORK))).toBe('EINVAL');
    expect(refusal(() => task.madvise(AT, 5 * PAGE, MADV.RANDOM))).toBe('ENOMEM');
    task.madvise(AT, PAGE, MADV.KEEPONFORK);
  });

  test('not to dump is what memtrack prints as #', () => {
    const sink = new Recorder();
    const kernel = new Kernel({ tracker: sink });
    const task = kernel.spawn();
    task.install(openBuffer(kernel, MERGING));
    const at = task.mmap({ fd: 0, length: PAGE });
    sink.take(kernel);
    task.madvise(at, PAGE, MADV.DONTDUMP);
    const [line] = sink.take(kernel);
    expect(line).toContain('vmAdjust');
    expect(line).toMatch(/\b27\b/);
  });
});
