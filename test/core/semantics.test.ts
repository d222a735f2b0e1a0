/** docs/semantics.md, rule by rule: keys, the order of checks, lists of VMAs, limits. */
import { expect, test } from 'vitest';
import { ERRNO } from '../../lib/core/errors.ts';
import { FLAG, OP, VM } from '../../lib/core/record.ts';
import { describeEach } from './scene.ts';

const { EBUSY, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, ESRCH } = ERRNO;
const BOTH = ['posted', 'intended'] as const;
const THREAD = FLAG.shareFiles | FLAG.shareMm | FLAG.shareThread;
const PAGE = 4096;

describeEach('semantics', (open) => {
  test.each(BOTH)('keys are not 0, unique and never used again, %s', (semantics) => {
    const scene = open(semantics);
    expect(
      scene.play((to) => {
        to.spawn(0, 1);
        to.spawn(1, 1);
        to.spawn(1, 1);
        to.fork(1, 0, 2, 0);
        to.fork(1, 1, 2, 0);
        to.init(0, 1);
        to.init(1, 1);
        to.init(1, 1);
        to.remove(1);
        to.init(1, 1);
        to.exit(1);
        to.spawn(1, 1);
      }),
    ).toEqual([-EINVAL, 0, -EEXIST, -EINVAL, -EEXIST, -EINVAL, 0, -EEXIST, 0, -EEXIST, 0, -EEXIST]);
  });

  test.each(BOTH)('what was never made is unknown, the task before the buffer, %s', (semantics) => {
    const scene = open(semantics);
    expect(
      scene.play((to) => {
        to.spawn(1, 1);
        for (const task of [0, 9]) {
          to.fork(task, 0, 1, FLAG.shareThread);
          to.exec(task);
          to.exit(task);
          to.unshare(task);
          to.install(task, 9);
          to.uninstall(task, 9);
          to.vmOpen(task, 9, PAGE, PAGE, 0, 0);
          to.vmClose(task, 9, PAGE);
          to.vmAdjust(task, 9, PAGE, PAGE, PAGE, 0, 0);
        }
        to.init(0, 1, 9, 9);
      }),
    ).toEqual([0, ...Array<number>(19).fill(-ESRCH)]);
    expect(
      scene.play((to) => {
        for (const buffer of [0, 9]) {
          to.remove(buffer);
          to.setTag(buffer, 9);
          to.resize(buffer, 1);
          to.install(1, buffer);
          to.uninstall(1, buffer);
          to.vmOpen(1, buffer, PAGE, PAGE, 0, 0);
          to.vmClose(1, buffer, PAGE);
          to.vmAdjust(1, buffer, PAGE, PAGE, PAGE, 0, 0);
        }
      }),
    ).toEqual(Array(16).fill(-ENOENT));
  });

  test.each(BOTH)('a dead task is as good as unknown, %s', (semantics) => {
    const scene = open(semantics);
    scene.play((to) => {
      to.spawn(1, 1);
      to.init(1, 1);
      to.exit(1);
    });
    expect(
      scene.play((to) => {
        to.fork(1, 2, 2, 0);
        to.exec(1);
        to.exit(1, true);
        to.unshare(1);
        to.vmOpen(1, 1, 0, PAGE, 0, 0);
        to.vmClose(1, 1, 0);
        to.vmAdjust(1, 1, 0, 0, PAGE, 0, 0);
        to.init(2, 1, 1);
      }),
    ).toEqual([...Array<number>(8).fill(-ESRCH)]);
  });

  test.each(BOTH)('records of no command or without their tail are refused alone, %s', (semantics) => {
    const scene = open(semantics);
    expect(
      scene.play((to) => {
        to.spawn(1, 1);
        to.init(1, 1);
        to.put(OP.vmOpen, 1, 1, 0, PAGE, 0);
        to.put(0, 1, 1, 0, 0, 0);
        to.put(15, 1, 1, 0, 0, 0);
        to.put(OP.close, 1, 1, 0, 0, 0);
        to.put(OP.install, 1, 1, 0, 0, FLAG.more);
        to.tail(0, 0, 0, 0, 0);
        to.put(OP.install, 1, 1, 0, 0, FLAG.more);
        to.install(1, 1);
      }),
    ).toEqual([0, 0, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0]);
    expect(scene.fds(1, 1)).toBe(1);
  });

  test.each(BOTH)('CLONE_THREAD needs CLONE_VM, %s', (semantics) => {
    const scene = open(semantics);
    expect(
      scene.play((to) => {
        to.spawn(1, 1);
        to.fork(1, 2, 2, FLAG.shareThread | FLAG.shareFiles);
        to.fork(1, 2, 2, THREAD);
      }),
    ).toEqual([0, -EINVAL, 0]);
  });

  test.each(BOTH)('the allocator is the pid of the group, %s', (semantics) => {
    const scene = open(semantics);
    scene.play((to) => {
      to.spawn(1, 100);
      to.fork(1, 2, 101, THREAD);
      to.init(1, 10, 2);
      to.init(2, 20);
      to.exec(2);
      to.init(3, 30, 2);
      to.resize(2, 2 ** 40 + 1);
    });
    expect(scene.tracker.state().buffers).toEqual([
      { key: 1, id: 0, size: 10, tag: 0, pid: 100, userspaceHandles: 0, holders: [] },
      { key: 2, id: 1, size: 2 ** 40 + 1, tag: 0, pid: 0, userspaceHandles: 0, holders: [] },
      { key: 3, id: 2, size: 30, tag: 0, pid: 100, userspaceHandles: 0, holders: [] },
    ]);
  });

  test.each(BOTH)('VMAs: newest first; adjusted in place; one per start, %s', (semantics) => {
    const scene = open(semantics);
    scene.play((to) => {
      to.spawn(1, 1);
      to.init(1, 1);
      to.init(2, 1);
      to.install(1, 1);
      to.install(1, 2);
    });
    expect(
      scene.play((to) => {
        to.vmOpen(1, 1, PAGE, PAGE, 0, 0);
        to.vmOpen(1, 1, PAGE, 3 * PAGE, 0, 0);
        to.vmOpen(1, 1, 8 * PAGE, 9 * PAGE, 0, 0);
        to.vmOpen(1, 1, 6 * PAGE, 7 * PAGE, 0, 0);
        to.vmOpen(1, 2, PAGE, 3 * PAGE, 0, 0);
        to.vmClose(1, 2, PAGE);
        to.vmAdjust(1, 2, PAGE, 2 * PAGE, 3 * PAGE, 0, 0);
        to.vmAdjust(1, 1, PAGE, 6 * PAGE, 7 * PAGE, 0, 0);
        to.vmAdjust(1, 1, PAGE, 6 * PAGE, 6 * PAGE, 0, 0);
        to.vmAdjust(1, 1, PAGE, 3 * PAGE, 3 * PAGE, 0, 0);
        to.vmAdjust(1, 1, PAGE, 2 * PAGE, 3 * PAGE, PAGE, VM.exec);
      }),
    ).toEqual([-EINVAL, 0, 0, 0, -EEXIST, -ENOENT, -ENOENT, -EEXIST, -EINVAL, -EINVAL, 0]);
    expect(scene.starts(1, 1)).toEqual([6 * PAGE, 8 * PAGE, 2 * PAGE]);
    expect(scene.row(1, 1)?.vmas[2]).toEqual({ start: 2 * PAGE, end: 3 * PAGE, offset: PAGE, flags: VM.exec });
    expect(
      scene.play((to) => {
        to.vmClose(1, 1, 8 * PAGE);
        to.vmClose(1, 1, 8 * PAGE);
      }),
    ).toEqual([0, -ENOENT]);
    expect(scene.starts(1, 1)).toEqual([6 * PAGE, 2 * PAGE]);
  });

  test.each(BOTH)(
    'fork copies VMAs by ascending start, not those marked dontCopy; vfork and threads share, %s',
    (semantics) => {
      const scene = open(semantics);
      scene.play((to) => {
        to.spawn(1, 1);
        to.init(1, 1);
        to.install(1, 1);
        to.vmOpen(1, 1, 5 * PAGE, 6 * PAGE, 0, 0);
        to.vmOpen(1, 1, 7 * PAGE, 8 * PAGE, 0, VM.dontCopy);
        to.vmOpen(1, 1, PAGE, 2 * PAGE, 0, 0);
        to.fork(1, 2, 2, 0);
        to.fork(1, 3, 3, FLAG.shareMm);
      });
      expect(scene.starts(1, 1)).toEqual([PAGE, 7 * PAGE, 5 * PAGE]);
      expect(scene.starts(2, 1)).toEqual([5 * PAGE, PAGE]);
      expect(scene.starts(3, 1)).toEqual(semantics === 'posted' ? [] : [PAGE, 7 * PAGE, 5 * PAGE]);
      scene.play((to) => to.vmClose(2, 1, PAGE));
      expect(scene.starts(1, 1)).toEqual([PAGE, 7 * PAGE, 5 * PAGE]);
      scene.play((to) => to.vmClose(3, 1, PAGE));
      expect(scene.starts(1, 1)).toEqual([7 * PAGE, 5 * PAGE]);
    },
  );

  test('posted: VMAs of a removed buffer have nothing to do with a new one of the same id', () => {
    const scene = open('posted');
    expect(
      scene.play((to) => {
        to.spawn(1, 1);
        to.init(1, 1);
        to.vmOpen(1, 1, PAGE, 2 * PAGE, 0, 0);
        to.remove(1);
        to.init(2, 1);
        to.install(1, 2);
        to.fork(1, 2, 2, 0);
        to.vmClose(1, 2, PAGE);
        to.vmAdjust(1, 2, PAGE, PAGE, 3 * PAGE, 0, 0);
        to.vmOpen(1, 2, PAGE, 2 * PAGE, 0, 0);
      }),
    ).toEqual([0, 0, 0, 0, 0, 0, 0, -ENOENT, -ENOENT, -EEXIST]);
    expect(scene.row(2, 2)).toEqual({ buffer: 2, fds: 1, vmas: [] });
  });

  test('a table or an mm lives until its last user ends', () => {
    const scene = open('intended');
    scene.play((to) => {
      to.spawn(1, 1);
      to.init(1, 1);
      to.init(2, 1);
      to.fork(1, 2, 2, FLAG.shareFiles | FLAG.shareMm);
      to.install(1, 1);
      to.vmOpen(1, 2, PAGE, 2 * PAGE, 0, 0);
      to.exit(1);
    });
    expect(scene.holders(1)).toEqual([2]);
    expect(scene.holders(2)).toEqual([2]);
    expect(
      scene.play((to) => {
        to.remove(1);
        to.exit(2);
        to.remove(1);
        to.remove(2);
      }),
    ).toEqual([-EBUSY, 0, 0, 0]);
  });

  test('exec and unshare copy a table that others go on using', () => {
    const scene = open('intended');
    scene.play((to) => {
      to.spawn(1, 1);
      to.init(1, 1);
      to.install(1, 1);
      to.fork(1, 2, 2, FLAG.shareFiles);
      to.fork(1, 3, 3, FLAG.shareFiles);
      to.exec(2);
      to.unshare(3);
      to.uninstall(1, 1);
    });
    expect(scene.holders(1)).toEqual([2, 3]);
  });

  test('limit of handles: tables and (mm, buffer) pairs; a refused fork, exec or unshare changes nothing', () => {
    const scene = open('intended', { handles: 3 });
    scene.play((to) => {
      to.spawn(1, 1);
      to.init(1, 1);
      to.init(2, 1);
      to.init(3, 1);
    });
    expect(
      scene.play((to) => {
        to.install(1, 1);
        to.install(1, 1);
        to.vmOpen(1, 1, PAGE, 2 * PAGE, 0, 0);
        to.vmOpen(1, 1, 3 * PAGE, 4 * PAGE, 0, 0);
        to.install(1, 2);
        to.install(1, 3);
        to.vmOpen(1, 2, 5 * PAGE, 6 * PAGE, 0, 0);
        to.fork(1, 2, 2, FLAG.shareFiles);
        to.fork(1, 2, 2, FLAG.shareMm);
        to.fork(1, 2, 2, FLAG.shareMm | FLAG.shareFiles);
        to.unshare(2);
        to.exec(2);
      }),
    ).toEqual([0, 0, 0, 0, 0, -ENOMEM, -ENOMEM, -ENOMEM, -ENOMEM, 0, -ENOMEM, -ENOMEM]);
    expect(scene.holders(1)).toEqual([1, 2]);
    expect(
      scene.play((to) => {
        to.vmClose(1, 1, PAGE);
        to.vmClose(2, 1, 3 * PAGE);
        to.install(1, 3);
      }),
    ).toEqual([0, 0, 0]);
  });

  test('limit of handles, posted: silently nothing', () => {
    const scene = open('posted', { handles: 2 });
    expect(
      scene.play((to) => {
        to.spawn(1, 1);
        to.init(1, 1);
        to.init(2, 1);
        to.install(1, 1);
        to.install(1, 2);
        to.fork(1, 2, 2, 0);
        to.uninstall(1, 1);
        to.fork(1, 3, 3, 0);
        to.install(1, 1);
      }),
    ).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect([scene.rows(1), scene.rows(2), scene.rows(3)].map((rows) => rows.map((row) => row.buffer))).toEqual([
      [2],
      [],
      [2],
    ]);
  });

  test.each(BOTH)('limits of VMAs, ids and tags, %s', (semantics) => {
    const scene = open(semantics, { vmas: 2, ids: 2, tags: 1 });
    const tag = scene.tracker.tag('a');
    const other = scene.tracker.tag('b');
    expect(scene.tracker.tag('a')).toBe(tag);
    expect(
      scene.play((to) => {
        to.spawn(1, 1);
        to.init(1, 1, 0, other + 1);
        to.init(1, 1, 0, tag);
        to.init(2, 1, 0, other);
        to.init(2, 1);
        to.init(3, 1);
        to.setTag(2, other);
        to.setTag(1, other);
        to.setTag(1, other + 1);
        to.install(1, 1);
        to.vmOpen(1, 1, PAGE, 2 * PAGE, 0, 0);
        to.vmOpen(1, 1, 3 * PAGE, 4 * PAGE, 0, VM.dontCopy);
        to.vmOpen(1, 1, 5 * PAGE, 6 * PAGE, 0, 0);
        to.fork(1, 2, 2, 0);
        to.vmClose(1, 1, 3 * PAGE);
        to.fork(1, 2, 2, 0);
        to.remove(2);
        to.init(3, 1);
      }),
    ).toEqual([0, -EINVAL, 0, -ENOMEM, 1, -ENOSPC, -ENOMEM, 0, -EINVAL, 0, 0, 0, -ENOMEM, -ENOMEM, 0, 0, 0, 1]);
    expect(scene.tracker.state().buffers.map((buffer) => buffer.tag)).toEqual([other, 0]);
    expect(scene.holders(1)).toEqual([1, 2]);
  });
});
