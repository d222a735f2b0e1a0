import { describe, expect, test } from 'vitest';
import { CLONE, CLOSE_RANGE, O } from '../../lib/model/flags.ts';
import { File } from '../../lib/model/file.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { Random, seeds } from '../random.ts';
import { openBuffer, refusal } from './world.ts';

function start(open = 3): Task {
  const task = new Kernel().spawn();
  for (let fd = 0; fd < open; fd++) task.install(new File({ path: `/file${fd}` }));
  return task;
}

describe('choosing an fd', () => {
  test('a new fd is the lowest free one', () => {
    const task = start(5);
    task.close(1);
    task.close(3);
    expect(task.dup(0)).toBe(1);
    expect(task.dup(0)).toBe(3);
    expect(task.dup(0)).toBe(5);
  });

  test('at the soft limit there is none, and the reference stays with the caller', () => {
    const task = start(3);
    task.group.nofile = 3;
    const file = new File();
    expect(refusal(() => task.dup(0))).toBe('EMFILE');
    expect(refusal(() => task.install(file))).toBe('EMFILE');
    expect(refusal(() => task.socketpair())).toBe('EMFILE');
    expect(task.file(0).refs).toBe(1);
    expect(file.refs).toBe(1);
  });

  test('lowering the limit closes nothing', () => {
    const task = start(5);
    task.group.nofile = 2;
    expect(task.file(4).path).toBe('/file4');
    expect(refusal(() => task.dup2(0, 4))).toBe('EBADF');
  });
});

describe('the dup family', () => {
  test('dup of an fd that is not open is EBADF', () => {
    const task = start();
    expect(refusal(() => task.dup(9))).toBe('EBADF');
    expect(refusal(() => task.dup2(9, 9))).toBe('EBADF');
    expect(refusal(() => task.dup2(9, 1))).toBe('EBADF');
    expect(refusal(() => task.dupfd(9, 0))).toBe('EBADF');
    expect(refusal(() => task.close(9))).toBe('EBADF');
    expect(refusal(() => task.setCloexec(9, true))).toBe('EBADF');
  });

  test('dup2 to itself keeps close-on-exec, dup3 to itself is EINVAL', () => {
    const task = start();
    task.setCloexec(1, true);
    expect(task.dup2(1, 1)).toBe(1);
    expect(task.files.cloexec(1)).toBe(true);
    expect(refusal(() => task.dup3(1, 1))).toBe('EINVAL');
    expect(refusal(() => task.dup3(1, 2, O.NONBLOCK))).toBe('EINVAL');
  });

  test('copies lose close-on-exec unless it is asked for', () => {
    const task = start();
    task.setCloexec(0, true);
    expect(task.files.cloexec(task.dup(0))).toBe(false);
    expect(task.files.cloexec(task.dup2(0, 1))).toBe(false);
    expect(task.files.cloexec(task.dupfd(0, 10))).toBe(false);
    expect(task.files.cloexec(task.dup3(0, 2, O.CLOEXEC))).toBe(true);
    expect(task.files.cloexec(task.dupfd(0, 10, true))).toBe(true);
  });

  test('the new fd at or above the soft limit is EBADF for dup2 and EINVAL for F_DUPFD', () => {
    const task = start();
    expect(refusal(() => task.dup2(0, 1024))).toBe('EBADF');
    expect(refusal(() => task.dup2(0, -1))).toBe('EBADF');
    expect(refusal(() => task.dup3(0, 1024))).toBe('EBADF');
    expect(refusal(() => task.dupfd(0, 1024))).toBe('EINVAL');
    expect(refusal(() => task.dupfd(0, -1))).toBe('EINVAL');
    expect(task.dupfd(0, 1023)).toBe(1023);
    expect(refusal(() => task.dupfd(0, 1023))).toBe('EMFILE');
  });

  test('dup2 over an open fd closes what was there', () => {
    const task = start();
    const displaced = task.file(2);
    task.dup2(0, 2);
    expect(displaced.refs).toBe(0);
    expect(task.file(2)).toBe(task.file(0));
    expect(task.file(0).refs).toBe(2);
  });

  test('a reserved fd is not open, not free, and dup2 onto it is EBUSY', () => {
    const task = start();
    task.files.reserve(3);
    expect(refusal(() => task.file(3))).toBe('EBADF');
    expect(refusal(() => task.close(3))).toBe('EBADF');
    expect(refusal(() => task.dup2(0, 3))).toBe('EBUSY');
    expect(task.dup(0)).toBe(4);
    task.files.unreserve(3);
    expect(task.dup(0)).toBe(3);
  });

  test('a reserved fd is free in a copied table', () => {
    const task = start();
    task.files.reserve(3);
    task.files.reserve(40);
    expect(task.dup(0)).toBe(4);
    const child = task.fork();
    expect(child.dup(0)).toBe(3);
    expect(child.dupfd(0, 40)).toBe(40);
  });

  test('an fd beyond nr_open is refused before anything happens', () => {
    const kernel = new Kernel({ nrOpen: 64 });
    const task = kernel.spawn();
    const file = new File();
    for (const fd of [64, -1, NaN, 2 ** 40]) expect(refusal(() => task.files.installAt(task, fd, file))).toBe('EBADF');
    expect(file.refs).toBe(1);
    expect(task.files.limit).toBe(0);
  });
});

describe('close_range', () => {
  test('closes what is open in the range and ignores the rest', () => {
    const task = start(6);
    task.close(3);
    task.closeRange(2, 1_000_000);
    expect(task.files.openFds).toBe(2);
    expect(task.dup(0)).toBe(2);
    task.closeRange(500, 600);
    expect(task.files.openFds).toBe(3);
  });

  test('can mark instead of close', () => {
    const task = start(4);
    task.closeRange(1, 2, CLOSE_RANGE.CLOEXEC);
    expect([0, 1, 2, 3].map((fd) => task.files.cloexec(fd))).toEqual([false, true, true, false]);
  });

  test('can leave the others their table', () => {
    const task = start(4);
    const sibling = task.clone(CLONE.FILES);
    sibling.closeRange(0, 3, CLOSE_RANGE.UNSHARE);
    expect(sibling.files.openFds).toBe(0);
    expect(task.files.openFds).toBe(4);
  });

  test('a range upside down or an unknown flag is EINVAL', () => {
    const task = start();
    expect(refusal(() => task.closeRange(2, 1))).toBe('EINVAL');
    expect(refusal(() => task.closeRange(0, 1, 1))).toBe('EINVAL');
    expect(task.files.openFds).toBe(3);
  });
});

describe('sharing and copying', () => {
  test('fork copies fds with close-on-exec and counts one reference each', () => {
    const task = start(3);
    task.setCloexec(1, true);
    const child = task.fork();
    expect(task.file(1).refs).toBe(2);
    expect(child.files.cloexec(1)).toBe(true);
    child.close(1);
    expect(task.file(1).refs).toBe(1);
    expect(child.dup(0)).toBe(1);
  });

  test('CLONE_FILES shares the table and counts no reference', () => {
    const task = start(3);
    const sibling = task.clone(CLONE.FILES);
    expect(task.file(1).refs).toBe(1);
    sibling.close(1);
    expect(refusal(() => task.file(1))).toBe('EBADF');
    sibling.exitGroup();
    expect(task.files.openFds).toBe(2);
    expect(task.files.users).toEqual([task]);
  });

  test('unshare gives a private copy, and only if the table is shared', () => {
    const task = start(3);
    const before = task.files;
    task.unshareFiles();
    expect(task.files).toBe(before);
    const sibling = task.clone(CLONE.FILES);
    sibling.unshareFiles();
    expect(sibling.files).not.toBe(before);
    expect(task.file(2).refs).toBe(2);
  });

  test('pidfd_getfd takes a file of another task, close-on-exec', () => {
    const task = start(3);
    const other = task.kernel.spawn();
    const fd = other.pidfdGetfd(task, 2);
    expect(other.file(fd)).toBe(task.file(2));
    expect(other.files.cloexec(fd)).toBe(true);
    expect(refusal(() => other.pidfdGetfd(task, 77))).toBe('EBADF');
  });
});

describe('what a recording shows', () => {
  test('installAt displaces, marks what is inferred, and stamps the time', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    kernel.now = 5n;
    const first = new File();
    expect(task.files.installAt(task, 7, first)).toBe(false);
    kernel.now = 9n;
    expect(task.files.installAt(task, 7, new File(), { cloexec: true, inferred: true })).toBe(true);
    expect(first.refs).toBe(0);
    expect(task.files.since(7)).toBe(9n);
    expect(task.files.inferred(7)).toBe(true);
    expect(task.files.cloexec(7)).toBe(true);
    expect(task.files.openFds).toBe(1);
    expect(task.files.lowestFree()).toBe(0);
  });

  test('closeAt of an fd that was not open says so', () => {
    const task = start(1);
    expect(task.files.closeAt(task, 0)).toBe(true);
    expect(task.files.closeAt(task, 0)).toBe(false);
    expect(task.files.closeAt(task, -1)).toBe(false);
  });
});

test.each(seeds())('a table behaves as a map of fds, seed %i', (seed) => {
  const random = new Random(seed);
  const kernel = new Kernel();
  const task = kernel.spawn();
  const naive = new Map<number, { file: File; cloexec: boolean }>();
  const files: File[] = [];
  const lowest = (from: number): number => {
    let fd = from;
    while (naive.has(fd)) fd++;
    return fd;
  };
  for (let step = 0; step < 3000; step++) {
    const fd = random.below(40);
    const to = random.below(90);
    const known = naive.get(fd);
    const cloexec = random.chance(0.5);
    switch (random.below(8)) {
      case 0: {
        const file = openBuffer(kernel);
        files.push(file);
        const expected = lowest(0);
        expect(task.install(file, { cloexec })).toBe(expected);
        naive.set(expected, { file, cloexec });
        break;
      }
      case 1: {
        if (known === undefined) expect(refusal(() => task.close(fd))).toBe('EBADF');
        else task.close(fd);
        naive.delete(fd);
        break;
      }
      case 2: {
        if (known === undefined || fd === to) break;
        task.dup3(fd, to, cloexec ? O.CLOEXEC : 0);
        naive.set(to, { file: known.file, cloexec });
        break;
      }
      case 3: {
        if (known === undefined) break;
        const expected = lowest(to);
        expect(task.dupfd(fd, to, cloexec)).toBe(expected);
        naive.set(expected, { file: known.file, cloexec });
        break;
      }
      case 4: {
        if (known !== undefined) task.setCloexec(fd, (known.cloexec = cloexec));
        break;
      }
      case 5: {
        if (!random.chance(0.2)) break;
        task.closeRange(to, to + 5);
        for (let each = to; each <= to + 5; each++) naive.delete(each);
        break;
      }
      case 6: {
        if (!random.chance(0.2)) break;
        const child = task.fork();
        expect(open(child)).toEqual(open(task));
        child.exitGroup();
        break;
      }
      default: {
        if (!random.chance(0.03)) break;
        task.exec();
        for (const [each, entry] of naive) if (entry.cloexec) naive.delete(each);
      }
    }
    expect(task.files.openFds).toBe(naive.size);
    expect(task.files.lowestFree()).toBe(lowest(0));
  }
  expect(open(task)).toEqual(
    [...naive].sort(([a], [b]) => a - b).map(([fd, { file, cloexec }]) => [fd, file, cloexec]),
  );
  const counts = new Map<File, number>();
  for (const { file } of naive.values()) counts.set(file, (counts.get(file) ?? 0) + 1);
  for (const file of files) {
    expect(file.refs).toBe(counts.get(file) ?? 0);
    expect(file.buffer!.alive).toBe(file.refs > 0);
  }
  expect(kernel.buffers.size).toBe(counts.size);
});

function open(task: Task): readonly unknown[] {
  const rows: unknown[] = [];
  for (let fd = 0; fd < task.files.limit; fd++) {
    const file = task.files.get(fd);
    if (file !== null) rows.push([fd, file, task.files.cloexec(fd)]);
  }
  return rows;
}
