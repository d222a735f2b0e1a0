/**
 * The observable defects of the 2016 series, each as posted shows it and as intended mends it.
 * B7 (dup2 sends no uninstall) is the issuer's: see test/model/defects.test.ts.
 */
import { expect, test } from 'vitest';
import { FLAG } from '../../lib/core/record.ts';
import type { Semantics } from '../state.ts';
import type { OpenScene, Scene } from './scene.ts';
import { describeEach } from './scene.ts';

const MAP = 0x7f0000000000;
const THREAD = FLAG.shareFiles | FLAG.shareMm | FLAG.shareThread;
const B = 1;

/** Leader 1 (pid 100) and its thread 2 (tid 101); buffer B. */
function spawnThreads(open: OpenScene, semantics: Semantics): Scene {
  const scene = open(semantics);
  scene.play((to) => {
    to.spawn(1, 100);
    to.fork(1, 2, 101, THREAD);
    to.init(B, 4096, 1);
  });
  return scene;
}

describeEach('defects', (open) => {
  test.each([
    ['posted', 0],
    ['intended', 2],
  ] as const)('B2: a thread exits, %s', (semantics, fds) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.install(2, B);
      to.exit(2);
    });
    expect(scene.fds(1, B)).toBe(fds);
    scene.play((to) => to.install(1, B));
    expect(scene.fds(1, B)).toBe(fds + 1);
  });

  test.each([
    ['posted', 0],
    ['intended', 1],
  ] as const)('B3: exec of the leader kills its siblings, %s', (semantics, fds) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.exec(1);
    });
    expect(scene.fds(1, B)).toBe(fds);
    expect(scene.play((to) => to.exit(2))).toEqual([-3]);
  });

  test.each([
    ['posted', 0],
    ['intended', 1],
  ] as const)('B4: exec by a thread that is not the leader, %s', (semantics, fds) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.exec(2);
    });
    expect(scene.fds(2, B)).toBe(fds);
    expect(scene.rows(1)).toEqual([]);
    scene.play((to) => to.install(2, B));
    expect(scene.tracker.state().leaders.map(({ task, pid }) => [task, pid])).toEqual([[2, 100]]);
  });

  test('B4, posted: what was installed while the old leader was dead stays in its tree', () => {
    const scene = spawnThreads(open, 'posted');
    scene.play((to) => {
      to.exit(1);
      to.install(2, B);
      to.exec(2);
      to.exit(2);
    });
    expect(scene.holders(B)).toEqual([1]);
    expect(scene.userspaceHandles(B)).toBe(1);
    expect(
      scene.play((to) => {
        to.remove(B);
        to.init(2, 4096);
      }),
    ).toEqual([0, 1]);
  });

  test('B4, intended: the fds follow the task that execs, and end with it', () => {
    const scene = spawnThreads(open, 'intended');
    scene.play((to) => {
      to.exit(1);
      to.install(2, B);
    });
    expect(scene.holders(B)).toEqual([1]);
    scene.play((to) => to.exec(2));
    expect(scene.holders(B)).toEqual([2]);
    scene.play((to) => to.exit(2));
    expect(scene.holders(B)).toEqual([]);
    expect(scene.play((to) => to.remove(B))).toEqual([0]);
  });

  test('B5: install aimed at a dead process stays for ever in posted and is refused in intended', () => {
    const dead = (semantics: Semantics): Scene => {
      const scene = spawnThreads(open, semantics);
      scene.play((to) => to.exit(1, true));
      return scene;
    };
    const posted = dead('posted');
    expect(posted.play((to) => to.install(2, B))).toEqual([0]);
    expect(posted.holders(B)).toEqual([1]);
    const intended = dead('intended');
    expect(intended.play((to) => to.install(2, B))).toEqual([-3]);
    expect(intended.holders(B)).toEqual([]);
  });

  test('B5, posted: a dead task stays in its group, which may have a new leader', () => {
    const scene = spawnThreads(open, 'posted');
    scene.play((to) => {
      to.exec(2);
      to.install(1, B);
    });
    expect([scene.fds(1, B), scene.fds(2, B)]).toEqual([0, 1]);
  });

  test.each([
    ['posted', 1, 0],
    ['intended', 3, 2],
  ] as const)('B8: fork with 3 fds, %s', (semantics, fds, left) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      for (let fd = 0; fd < 3; fd++) to.install(1, B);
      to.fork(1, 3, 300, 0);
    });
    expect(scene.fds(3, B)).toBe(fds);
    scene.play((to) => to.uninstall(3, B));
    expect(scene.fds(3, B)).toBe(left);
    expect(scene.fds(1, B)).toBe(3);
  });

  test.each([
    ['posted', [1]],
    ['intended', [1, 3]],
  ] as const)('B9: CLONE_FILES without CLONE_THREAD, %s', (semantics, holders) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.fork(1, 3, 300, FLAG.shareFiles);
    });
    expect(scene.holders(B)).toEqual(holders);
  });

  test('B10: CLONE_THREAD without CLONE_FILES: closes in a private table', () => {
    const privateTable = (semantics: Semantics): Scene => {
      const scene = spawnThreads(open, semantics);
      scene.play((to) => {
        to.install(1, B);
        to.fork(1, 3, 103, FLAG.shareMm | FLAG.shareThread);
        to.uninstall(3, B);
      });
      return scene;
    };
    expect(privateTable('posted').row(1, B)).toBeUndefined();
    const intended = privateTable('intended');
    expect(intended.fds(1, B)).toBe(1);
    intended.play((to) => to.uninstall(1, B));
    expect(intended.row(1, B)).toBeUndefined();
  });

  test.each([
    ['posted', 2, 0],
    ['intended', 1, 1],
  ] as const)('B11: unshare counts what the parent holds, %s', (semantics, child, grand) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.fork(1, 3, 300, 0); // the child has B
      to.fork(3, 4, 400, FLAG.shareFiles); // shares the child's table
      to.unshare(3); // posted: from task 1's tree
      to.uninstall(1, B);
    });
    expect([scene.fds(3, B), scene.fds(1, B)]).toEqual([child, 0]);
    expect(scene.fds(4, B)).toBe(grand);
  });

  test("B11, posted: exec with a shared table installs the parent's buffers too", () => {
    const scene = spawnThreads(open, 'posted');
    scene.play((to) => {
      to.fork(1, 3, 300, FLAG.shareFiles);
      to.init(2, 4096);
      to.install(1, 2);
      to.exec(3);
    });
    expect(scene.holders(2)).toEqual([1, 3]);
  });

  test('B11: a parent that is gone gives nothing', () => {
    const scene = spawnThreads(open, 'posted');
    scene.play((to) => {
      to.fork(1, 3, 300, 0);
      to.fork(3, 4, 400, FLAG.shareFiles);
      to.exit(1, true);
      to.install(1, B); // B5: into a dead leader's tree
      to.unshare(3);
    });
    expect(scene.holders(B)).toEqual([1]);
  });

  test('B14: remove while held leaks the id in posted and is refused in intended', () => {
    const held = (semantics: Semantics): Scene => {
      const scene = spawnThreads(open, semantics);
      scene.play((to) => to.install(1, B));
      return scene;
    };
    const posted = held('posted');
    expect(
      posted.play((to) => {
        to.remove(B);
        to.uninstall(1, B);
        to.init(2, 4096);
        to.init(B, 4096);
        to.exit(1, true);
        to.init(3, 4096);
      }),
    ).toEqual([0, -2, 1, -17, 0, 2]);
    const intended = held('intended');
    expect(
      intended.play((to) => {
        to.remove(B);
        to.uninstall(1, B);
        to.remove(B);
        to.init(2, 4096);
      }),
    ).toEqual([-16, 0, 0, 0]);
  });

  test.each([
    ['posted', []],
    ['intended', [MAP]],
  ] as const)('B17: a VMA opened without a handle, %s', (semantics, starts) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.vmOpen(1, B, MAP, MAP + 4096, 0, 1);
      to.install(1, B);
    });
    expect(scene.row(1, B)).toMatchObject({ fds: 1 });
    expect(scene.starts(1, B)).toEqual(starts);
    expect(scene.play((to) => to.vmClose(1, B, MAP))).toEqual([0]);
  });

  test("B17: after a thread's exit a handle made again has lost the VMAs, in posted only", () => {
    for (const [semantics, starts] of [
      ['posted', []],
      ['intended', [MAP]],
    ] as const) {
      const scene = spawnThreads(open, semantics);
      scene.play((to) => {
        to.install(1, B);
        to.vmOpen(1, B, MAP, MAP + 4096, 0, 1);
        to.exit(2);
        to.install(1, B);
      });
      expect(scene.starts(1, B)).toEqual(starts);
    }
  });

  test.each([
    ['posted', []],
    ['intended', [1]],
  ] as const)('B18: last fd closed while a mapping pins the buffer, %s', (semantics, holders) => {
    const scene = spawnThreads(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.vmOpen(1, B, MAP, MAP + 4096, 0, 1);
      to.uninstall(1, B);
    });
    expect(scene.holders(B)).toEqual(holders);
    scene.play((to) => to.vmClose(1, B, MAP));
    expect(scene.holders(B)).toEqual([]);
  });

  test.each(['posted', 'intended'] as const)(
    'B22: ids start at 0 and the lowest is reused at once, %s',
    (semantics) => {
      const scene = open(semantics);
      expect(
        scene.play((to) => {
          for (let key = 1; key <= 4; key++) to.init(key, 4096);
          to.remove(3);
          to.remove(1);
          for (let key = 5; key <= 7; key++) to.init(key, 4096);
        }),
      ).toEqual([0, 1, 2, 3, 0, 0, 0, 2, 4]);
    },
  );

  test('B33: a tag cannot be cleared in posted', () => {
    for (const [semantics, result, left] of [
      ['posted', -12, 1],
      ['intended', 0, 0],
    ] as const) {
      const scene = open(semantics);
      expect(scene.tracker.tag('CAMERA')).toBe(1);
      expect(
        scene.play((to) => {
          to.init(B, 4096, 0, 1);
          to.setTag(B, 0);
        }),
      ).toEqual([0, result]);
      expect(scene.tracker.state().buffers[0]?.tag).toBe(left);
    }
  });
});
