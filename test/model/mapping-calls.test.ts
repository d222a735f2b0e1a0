/** What mapping calls refuse, where they stop and what they leave, as random programs on a running kernel showed it. */
import { describe, expect, test } from 'vitest';
import { File } from '../../lib/model/file.ts';
import { MADV, MREMAP, O, PAGE, PROT } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { MERGING, openBuffer, refusal } from './world.ts';

const BASE = 0x10_0000;
const TOP = 0x7fff_ffff_f000;
const RW = PROT.READ | PROT.WRITE;

function start(): { task: Task; file: File } {
  const task = new Kernel().spawn();
  const file = openBuffer(task.kernel, MERGING);
  task.install(file);
  return { task, file };
}

function map(task: Task, at: number, pages: number): void {
  task.mmap({ fd: 0, address: BASE + at * PAGE, fixed: true, length: pages * PAGE, offset: at * PAGE });
}

/** `0-4:rw-s@0`: pages, access, page in the file. */
function shape(task: Task): readonly string[] {
  return task.mm.vmas.map(
    (vma) => `${(vma.start - BASE) / PAGE}-${(vma.end - BASE) / PAGE}:${vma.perms}@${vma.offset / PAGE}`,
  );
}

describe('a mapping call', () => {
  test('mprotect stops at a hole or a mapping that refuses; what comes before is changed', () => {
    const { task, file } = start();
    map(task, 0, 2);
    map(task, 3, 1);
    expect(refusal(() => task.mprotect(BASE + PAGE, 3 * PAGE, PROT.READ))).toBe('ENOMEM');
    expect(shape(task)).toEqual(['0-1:rw-s@0', '1-2:r--s@1', '3-4:rw-s@3']);
    task.install(new File({ buffer: file.buffer, operations: MERGING, flags: O.RDONLY }));
    task.mmap({ fd: 1, address: BASE + 2 * PAGE, fixed: true, length: PAGE, prot: PROT.READ });
    expect(refusal(() => task.mprotect(BASE + PAGE, 3 * PAGE, RW))).toBe('EACCES');
    expect(shape(task)[0]).toBe('0-2:rw-s@0');
    expect(refusal(() => task.mprotect(BASE + 9 * PAGE, PAGE, RW))).toBe('ENOMEM');
    task.mprotect(BASE + 9 * PAGE, 0, RW);
  });

  test('madvise passes holes over and tells of them', () => {
    const { task } = start();
    map(task, 0, 1);
    map(task, 2, 1);
    expect(refusal(() => task.madvise(BASE, 3 * PAGE, MADV.DONTFORK))).toBe('ENOMEM');
    expect(task.fork().mm.vmas).toEqual([]);
    expect(refusal(() => task.madvise(BASE, PAGE, 5000))).toBe('EINVAL');
    expect(refusal(() => task.madvise(BASE + PAGE, PAGE, 0))).toBe('ENOMEM');
  });

  test('a hint is rounded down to a page, and left aside where there is no room', () => {
    const { task } = start();
    expect(task.mmap({ fd: 0, address: BASE + PAGE + 5, length: PAGE })).toBe(BASE + PAGE);
    expect(task.mmap({ fd: 0, address: 5, length: PAGE, offset: 8 * PAGE })).toBe(0x10000);
    expect(task.mmap({ fd: 0, address: TOP, length: PAGE })).toBeLessThan(TOP - PAGE);
  });

  test('nothing is mapped beyond TASK_SIZE', () => {
    const { task } = start();
    expect(refusal(() => task.mmap({ fd: 0, address: TOP, fixed: true, length: PAGE }))).toBe('ENOMEM');
    expect(refusal(() => task.mmap({ fd: 0, length: 2 ** 48 }))).toBe('ENOMEM');
    expect(refusal(() => task.munmap(BASE, 2 ** 48))).toBe('EINVAL');
    map(task, 0, 1);
    expect(refusal(() => task.mremap(BASE, PAGE, 2 ** 48, MREMAP.MAYMOVE))).toBe('EINVAL');
    expect(refusal(() => task.mremap(BASE, PAGE, PAGE, 3, TOP))).toBe('EINVAL');
  });

  test('a private mapping that could once be written does not merge with one that never could', () => {
    const { task } = start();
    const options = { fd: 0, fixed: true, length: PAGE, prot: PROT.READ, shared: false };
    task.mmap({ ...options, address: BASE });
    task.mprotect(BASE, PAGE, RW);
    task.mprotect(BASE, PAGE, PROT.READ);
    task.mmap({ ...options, address: BASE + PAGE, offset: PAGE });
    expect(shape(task)).toEqual(['0-1:r--p@0', '1-2:r--p@1']);
  });

  test('what MAP_FIXED replaces is gone even if the file then refuses', () => {
    const { task } = start();
    map(task, 0, 3);
    const [socket] = task.socketpair();
    const onto = { fd: socket, address: BASE + PAGE, fixed: true, length: PAGE, prot: PROT.READ };
    expect(refusal(() => task.mmap({ ...onto, prot: PROT.EXEC }))).toBe('EPERM');
    expect(shape(task)).toEqual(['0-3:rw-s@0']);
    expect(refusal(() => task.mmap(onto))).toBe('ENODEV');
    expect(shape(task)).toEqual(['0-1:rw-s@0', '2-3:rw-s@2']);
  });

  test('mremap that shrinks, or changes nothing, does not look where the old range ends', () => {
    const { task } = start();
    map(task, 0, 2);
    map(task, 4, 2);
    expect(task.mremap(BASE, 5 * PAGE, 5 * PAGE)).toBe(BASE);
    expect(task.mremap(BASE, 5 * PAGE, PAGE)).toBe(BASE);
    expect(shape(task)).toEqual(['0-1:rw-s@0', '5-6:rw-s@5']);
    task.mremap(BASE, 9 * PAGE, PAGE, MREMAP.MAYMOVE | MREMAP.FIXED, BASE + 20 * PAGE);
    expect(shape(task)).toEqual(['20-21:rw-s@0']);
  });

  test('mremap to a fixed place without a change of size moves several, with the holes between them', () => {
    const { task } = start();
    map(task, 0, 2);
    map(task, 3, 2);
    map(task, 41, 1);
    task.mremap(BASE + PAGE, 7 * PAGE, 7 * PAGE, MREMAP.MAYMOVE | MREMAP.FIXED, BASE + 40 * PAGE);
    expect(shape(task)).toEqual(['0-1:rw-s@0', '40-41:rw-s@1', '41-42:rw-s@41', '42-44:rw-s@3']);
    const hole = (): number =>
      task.mremap(BASE + PAGE, PAGE * 3, PAGE * 3, MREMAP.MAYMOVE | MREMAP.FIXED, BASE + 60 * PAGE);
    expect(refusal(hole)).toBe('EFAULT');
  });

  test('mremap of an old length of 0 onto itself unmaps what it would copy', () => {
    const { task } = start();
    map(task, 0, 3);
    expect(refusal(() => task.mremap(BASE, 0, PAGE, MREMAP.MAYMOVE | MREMAP.FIXED, BASE))).toBe('EFAULT');
    expect(shape(task)).toEqual(['1-3:rw-s@1']);
  });
});
