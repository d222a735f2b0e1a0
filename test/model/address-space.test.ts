import { describe, expect, test } from 'vitest';
import { VM } from '../../lib/core/record.ts';
import { File } from '../../lib/model/file.ts';
import { MADV, MREMAP, O, PAGE, PROT, VMA } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Vma } from '../../lib/model/vma.ts';
import { Random, seeds } from '../random.ts';
import { APART, MERGING, openBuffer, refusal } from './world.ts';

const BASE = 0x10_0000;
const RW = PROT.READ | PROT.WRITE;

function start(operations = MERGING): { task: Task; file: File } {
  const task = new Kernel().spawn();
  const file = openBuffer(task.kernel, operations);
  task.install(file);
  return { task, file };
}

/** Maps `pages` of fd 0 at page `at`, from the same place in the file. */
function map(task: Task, at: number, pages: number, prot: number = RW): void {
  task.mmap({ fd: 0, address: BASE + at * PAGE, fixed: true, length: pages * PAGE, offset: at * PAGE, prot });
}

/** `0-4:rw-s@0`: pages, access, page in the file. */
function shape(task: Task): readonly string[] {
  return task.mm.vmas.map(
    (vma) => `${(vma.start - BASE) / PAGE}-${(vma.end - BASE) / PAGE}:${vma.perms}@${vma.offset / PAGE}`,
  );
}

describe('munmap', () => {
  test.each([
    [0, 10, [], 1],
    [0, 3, ['3-10:rw-s@3'], 2],
    [7, 3, ['0-7:rw-s@0'], 2],
    [3, 4, ['0-3:rw-s@0', '7-10:rw-s@7'], 3],
    [10, 5, ['0-10:rw-s@0'], 2],
  ])('of pages %i + %i leaves %j', (at, pages, left, refs) => {
    const { task, file } = start();
    map(task, 0, 10);
    task.munmap(BASE + at * PAGE, pages * PAGE);
    expect(shape(task)).toEqual(left);
    expect(file.refs).toBe(refs);
  });

  test('of a hole succeeds; off a page or of nothing is EINVAL', () => {
    const { task } = start();
    task.munmap(BASE, PAGE);
    expect(refusal(() => task.munmap(BASE + 1, PAGE))).toBe('EINVAL');
    expect(refusal(() => task.munmap(BASE, 0))).toBe('EINVAL');
  });

  test('across several mappings trims the first and the last', () => {
    const { task, file } = start(APART);
    for (const at of [0, 4, 8, 12]) map(task, at, 3);
    task.munmap(BASE + 2 * PAGE, 11 * PAGE);
    expect(shape(task)).toEqual(['0-2:rw-s@0', '13-15:rw-s@13']);
    expect(file.refs).toBe(3);
  });

  test('of the last mapping releases a buffer whose fd is closed', () => {
    const { task, file } = start();
    map(task, 0, 4);
    task.close(0);
    expect(file.buffer!.alive).toBe(true);
    task.munmap(BASE, 3 * PAGE + 1);
    expect(file.buffer!.alive).toBe(false);
  });
});

describe('mmap', () => {
  test('refuses what the kernel refuses', () => {
    const { task } = start();
    const readOnly = task.install(openWith(task, O.RDONLY));
    const writeOnly = task.install(openWith(task, O.WRONLY));
    const unmappable = task.install(new File());
    expect(refusal(() => task.mmap({ fd: 0, length: 0 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd: 0, length: PAGE, offset: 100 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd: 9, length: PAGE }))).toBe('EBADF');
    expect(refusal(() => task.mmap({ fd: 0, length: PAGE, fixed: true, address: 5 }))).toBe('EINVAL');
    expect(refusal(() => task.mmap({ fd: readOnly, length: PAGE }))).toBe('EACCES');
    expect(refusal(() => task.mmap({ fd: writeOnly, length: PAGE, prot: PROT.READ }))).toBe('EACCES');
    expect(refusal(() => task.mmap({ fd: unmappable, length: PAGE }))).toBe('ENODEV');
    expect(task.mm.vmas).toEqual([]);
    task.mmap({ fd: readOnly, length: PAGE, shared: false });
    expect(task.mm.vmas[0]!.perms).toBe('rw-p');
  });

  test('places mappings downwards and fills the highest hole that fits', () => {
    const { task } = start(APART);
    const first = task.mmap({ fd: 0, length: 2 * PAGE });
    const second = task.mmap({ fd: 0, length: PAGE });
    const third = task.mmap({ fd: 0, length: 1 });
    expect([second, third]).toEqual([first - PAGE, first - 2 * PAGE]);
    task.munmap(second, PAGE);
    expect(task.mmap({ fd: 0, length: 2 * PAGE })).toBe(third - 2 * PAGE);
    expect(task.mmap({ fd: 0, length: PAGE })).toBe(second);
  });

  test('takes a hint if it is free, and MAP_FIXED_NOREPLACE only then', () => {
    const { task } = start(APART);
    expect(task.mmap({ fd: 0, length: PAGE, address: BASE })).toBe(BASE);
    expect(task.mmap({ fd: 0, length: PAGE, address: BASE })).not.toBe(BASE);
    expect(refusal(() => task.mmap({ fd: 0, length: PAGE, address: BASE, noReplace: true }))).toBe('EEXIST');
  });

  test('fixed replaces what is there', () => {
    const { task, file } = start(APART);
    map(task, 0, 10);
    const other = openBuffer(task.kernel, APART);
    const fd = task.install(other);
    task.mmap({ fd, address: BASE + 4 * PAGE, fixed: true, length: 2 * PAGE });
    expect(shape(task)).toEqual(['0-4:rw-s@0', '4-6:rw-s@0', '6-10:rw-s@6']);
    expect([file.refs, other.refs]).toEqual([3, 2]);
  });
});

describe('joining and splitting', () => {
  test('neighbours of one file join if their offsets and access fit', () => {
    const { task, file } = start();
    map(task, 0, 2);
    map(task, 4, 2);
    expect(file.refs).toBe(3);
    map(task, 2, 2);
    expect(shape(task)).toEqual(['0-6:rw-s@0']);
    expect(file.refs).toBe(2);
    map(task, 6, 2, PROT.READ);
    expect(shape(task)).toEqual(['0-6:rw-s@0', '6-8:r--s@6']);
  });

  test('a mapping below another joins it', () => {
    const { task } = start();
    map(task, 4, 2);
    map(task, 2, 2);
    expect(shape(task)).toEqual(['2-6:rw-s@2']);
  });

  test('an exporter that maps page frames keeps neighbours apart', () => {
    const { task, file } = start(APART);
    map(task, 0, 2);
    map(task, 2, 2);
    expect(shape(task)).toEqual(['0-2:rw-s@0', '2-4:rw-s@2']);
    expect(file.refs).toBe(3);
  });

  test('mprotect of a part splits; restoring the access joins again', () => {
    const { task, file } = start();
    map(task, 0, 9);
    task.mprotect(BASE + 3 * PAGE, 3 * PAGE, PROT.READ);
    expect(shape(task)).toEqual(['0-3:rw-s@0', '3-6:r--s@3', '6-9:rw-s@6']);
    expect(file.refs).toBe(4);
    task.mprotect(BASE + 3 * PAGE, 3 * PAGE, RW);
    expect(shape(task)).toEqual(['0-9:rw-s@0']);
    expect(file.refs).toBe(2);
  });

  test('without merging, restored access leaves the pieces', () => {
    const { task, file } = start(APART);
    map(task, 0, 9);
    task.mprotect(BASE + 3 * PAGE, 3 * PAGE, PROT.READ);
    task.mprotect(BASE, 9 * PAGE, RW);
    expect(shape(task)).toEqual(['0-3:rw-s@0', '3-6:rw-s@3', '6-9:rw-s@6']);
    expect(file.refs).toBe(4);
  });

  test("a part changed to its neighbour's access moves the border", () => {
    const { task } = start();
    map(task, 0, 4);
    map(task, 4, 4, PROT.READ);
    task.mprotect(BASE + 4 * PAGE, 2 * PAGE, RW);
    expect(shape(task)).toEqual(['0-6:rw-s@0', '6-8:r--s@6']);
    task.mprotect(BASE + 3 * PAGE, 3 * PAGE, PROT.READ);
    expect(shape(task)).toEqual(['0-3:rw-s@0', '3-8:r--s@3']);
  });

  test('a shared mapping of a file not open for writing does not become writable', () => {
    const task = new Kernel().spawn();
    const fd = task.install(openWith(task, O.RDONLY));
    const at = task.mmap({ fd, length: PAGE, prot: PROT.READ });
    expect(refusal(() => task.mprotect(at, PAGE, RW))).toBe('EACCES');
    expect(refusal(() => task.mprotect(at + 1, PAGE, RW))).toBe('EINVAL');
    expect(task.mm.vmas[0]!.perms).toBe('r--s');
  });
});

describe('mremap', () => {
  test('shrinks, grows in place, and moves when it must', () => {
    const { task, file } = start(MERGING);
    map(task, 0, 4);
    expect(task.mremap(BASE, 4 * PAGE, 2 * PAGE)).toBe(BASE);
    expect(shape(task)).toEqual(['0-2:rw-s@0']);
    expect(task.mremap(BASE, 2 * PAGE, 6 * PAGE)).toBe(BASE);
    expect(shape(task)).toEqual(['0-6:rw-s@0']);
    task.mmap({ fd: 0, address: BASE + 6 * PAGE, fixed: true, length: PAGE });
    expect(refusal(() => task.mremap(BASE, 6 * PAGE, 7 * PAGE))).toBe('ENOMEM');
    const moved = task.mremap(BASE, 6 * PAGE, 7 * PAGE, MREMAP.MAYMOVE);
    expect(task.mm.find(moved)).toMatchObject({ start: moved, end: moved + 7 * PAGE, offset: 0 });
    expect(shape(task)[0]).toBe('6-7:rw-s@0');
    expect(file.refs).toBe(3);
  });

  test('with an old length of 0 maps a shared file once more', () => {
    const { task, file } = start();
    map(task, 0, 4);
    const twin = task.mremap(BASE + PAGE, 0, 2 * PAGE, MREMAP.MAYMOVE);
    expect(task.mm.find(twin)).toMatchObject({ end: twin + 2 * PAGE, offset: PAGE });
    expect(file.refs).toBe(3);
  });

  test('mappings that must not grow refuse', () => {
    const { task } = start(APART);
    map(task, 0, 4);
    expect(refusal(() => task.mremap(BASE, 0, PAGE, MREMAP.MAYMOVE))).toBe('EINVAL');
    expect(refusal(() => task.mremap(BASE, 4 * PAGE, 5 * PAGE, MREMAP.MAYMOVE))).toBe('EFAULT');
    const moved = task.mremap(BASE, 2 * PAGE, 2 * PAGE, MREMAP.MAYMOVE | MREMAP.FIXED, BASE + 40 * PAGE);
    expect(moved).toBe(BASE + 40 * PAGE);
    expect(shape(task)).toEqual(['2-4:rw-s@2', '40-42:rw-s@0']);
  });

  test('refuses flags and ranges that make no sense', () => {
    const { task } = start();
    map(task, 0, 4);
    expect(refusal(() => task.mremap(BASE, PAGE, 0))).toBe('EINVAL');
    expect(refusal(() => task.mremap(BASE + 1, PAGE, PAGE))).toBe('EINVAL');
    expect(refusal(() => task.mremap(BASE, PAGE, PAGE, MREMAP.FIXED, BASE))).toBe('EINVAL');
    expect(refusal(() => task.mremap(BASE, 2 * PAGE, 2 * PAGE, MREMAP.MAYMOVE | MREMAP.FIXED, BASE + PAGE))).toBe(
      'EINVAL',
    );
    expect(refusal(() => task.mremap(BASE + 50 * PAGE, PAGE, PAGE))).toBe('EFAULT');
    expect(refusal(() => task.mremap(BASE, PAGE, PAGE, 64))).toBe('EINVAL');
  });
});

describe('fork', () => {
  test('copies mappings, one reference each, but those told not to', () => {
    const { task, file } = start(APART);
    map(task, 0, 4);
    map(task, 8, 4);
    task.madvise(BASE + 9 * PAGE, PAGE, MADV.DONTFORK);
    const child = task.fork();
    expect(shape(child)).toEqual(['0-4:rw-s@0', '8-9:rw-s@8', '10-12:rw-s@10']);
    expect(file.refs).toBe(2 + 4 + 3);
    task.madvise(BASE + 9 * PAGE, PAGE, MADV.DOFORK);
    expect(shape(task.fork())).toHaveLength(4);
  });

  test('MADV_DOFORK is refused on VM_IO', () => {
    const { task } = start({ mmap: () => undefined, vmFlags: VMA.io });
    map(task, 0, 1);
    expect(refusal(() => task.madvise(BASE, PAGE, MADV.DOFORK))).toBe('EINVAL');
    expect(refusal(() => task.madvise(BASE + 1, PAGE, MADV.DOFORK))).toBe('EINVAL');
  });
});

test.each(seeds())('the gap that is chosen is the highest that fits, seed %i', (seed) => {
  const random = new Random(seed);
  const { task } = start(APART);
  const top = task.mmap({ fd: 0, length: PAGE }) + PAGE;
  const taken = new Set([1]);
  for (let step = 0; step < 1500; step++) {
    const pages = 1 + random.below(4);
    if (random.chance(0.5)) {
      let below = pages;
      const free = (): boolean =>
        Array.from({ length: pages }, (_, page) => below - page).every((page) => !taken.has(page));
      while (!free()) below++;
      expect((top - task.mmap({ fd: 0, length: pages * PAGE })) / PAGE).toBe(below);
      for (let page = 0; page < pages; page++) taken.add(below - page);
    } else {
      const below = pages + random.below(40);
      task.munmap(top - below * PAGE, pages * PAGE);
      for (let page = 0; page < pages; page++) taken.delete(below - page);
    }
  }
});

interface Page {
  file: File;
  page: number;
  flags: number;
}

test.each(seeds())('an address space behaves as a set of pages, seed %i', (seed) => {
  const random = new Random(seed);
  const kernel = new Kernel();
  const task = kernel.spawn();
  const files = [openBuffer(kernel, MERGING), openBuffer(kernel, APART), openBuffer(kernel, MERGING)];
  const naive = new Map<number, Page>();
  for (let step = 0; step < 2500; step++) {
    const at = random.below(60);
    const pages = 1 + random.below(12);
    const address = BASE + at * PAGE;
    const length = pages * PAGE - random.below(2) * 100;
    const prot = random.pick([PROT.READ, RW]);
    const range = Array.from({ length: pages }, (_, index) => at + index);
    switch (random.below(6)) {
      case 0:
      case 1: {
        const file = random.pick(files);
        const offset = random.pick([at, at, random.below(9)]);
        task.mm.map(task, address, length, file, offset * PAGE, prot, true);
        range.forEach((page, index) => naive.set(page, { file, page: offset + index, flags: prot | VM.shared }));
        break;
      }
      case 2:
        expect(task.mm.unmap(task, address, length)).toBe(range.some((page) => naive.has(page)));
        for (const page of range) naive.delete(page);
        break;
      case 3:
        task.mm.protect(task, address, length, prot);
        for (const page of range) set(naive, page, RW, prot);
        break;
      case 4: {
        const on = random.chance(0.5);
        task.mm.dontFork(task, address, length, on);
        for (const page of range) set(naive, page, VM.dontCopy, on ? VM.dontCopy : 0);
        break;
      }
      default: {
        const found = task.mm.find(address);
        const whole = found !== null && found.end >= address + pages * PAGE;
        if (!whole) break;
        const to = 80 + random.below(40);
        const keep = random.chance(0.3);
        const moved = range.map((page) => naive.get(page)!);
        task.mm.move(task, address, length, BASE + to * PAGE, length, keep);
        moved.forEach((page, index) => naive.set(to + index, { ...page }));
        if (!keep) for (const page of range) naive.delete(page);
      }
    }
    compare(task, files, naive);
    if (step % 100 === 0) {
      const child = task.fork();
      compare(child, null, new Map([...naive].filter(([, page]) => (page.flags & VM.dontCopy) === 0)));
      child.exitGroup();
    }
  }
  task.exec();
  expect(files.map((file) => file.refs)).toEqual([1, 1, 1]);
});

function set(naive: Map<number, Page>, at: number, clear: number, bits: number): void {
  const page = naive.get(at);
  if (page !== undefined) page.flags = (page.flags & ~clear) | bits;
}

function compare(task: Task, files: readonly File[] | null, naive: ReadonlyMap<number, Page>): void {
  const pages = new Map<number, Page>();
  let before: Vma | null = null;
  const problems: string[] = [];
  for (const vma of task.mm.vmas) {
    if (vma.start >= vma.end || (before !== null && before.end > vma.start)) problems.push(`order at ${vma.start}`);
    if (before !== null && before.continuedBy(vma, vma.flags)) problems.push(`not joined at ${vma.start}`);
    for (let address = vma.start; address < vma.end; address += PAGE) {
      const page = (vma.offset + address - vma.start) / PAGE;
      pages.set((address - BASE) / PAGE, { file: vma.file, page, flags: vma.flags & ~VMA.noMerge & ~VMA.noExpand });
    }
    before = vma;
  }
  expect(problems).toEqual([]);
  for (const [at, page] of naive) {
    const found = pages.get(at);
    if (found?.file !== page.file || found.page !== page.page || found.flags !== page.flags)
      problems.push(`page ${at}`);
  }
  expect(problems).toEqual([]);
  expect(pages.size).toBe(naive.size);
  for (const file of files ?? []) expect(file.refs).toBe(1 + task.mm.vmas.filter((vma) => vma.file === file).length);
}

function openWith(task: Task, flags: number): File {
  const { buffer } = openBuffer(task.kernel);
  return new File({ buffer, operations: MERGING, flags });
}
