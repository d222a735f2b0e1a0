/** The worked scenarios: sharing, threads, dup2, shared tables, exec, mappings. P1 = 1 (pid 100), P2 = 2, P3 = 3. */
import { expect, test } from 'vitest';
import { FLAG, VM } from '../../lib/core/record.ts';
import type { Semantics } from '../state.ts';
import type { OpenScene, Scene } from './scene.ts';
import { describeEach } from './scene.ts';

const MIB_8 = 8 << 20;
const MAP = 0x7f1234000000;
const THREAD = FLAG.shareFiles | FLAG.shareMm | FLAG.shareThread;
const B = 1;
const C = 2;

function spawnWithBuffer(open: OpenScene, semantics: Semantics): Scene {
  const scene = open(semantics);
  expect(
    scene.play((to) => {
      to.spawn(1, 100);
      to.init(B, MIB_8, 1);
    }),
  ).toEqual([0, 0]);
  return scene;
}

describeEach('scenarios', (open) => {
  test.each(['posted', 'intended'] as const)('S1, share and fork, %s', (semantics) => {
    const scene = spawnWithBuffer(open, semantics);
    const expectHeld = (fds: readonly number[], userspaceHandles: number): void => {
      expect([1, 2, 3].map((task) => scene.fds(task, B))).toEqual(fds);
      expect(scene.userspaceHandles(B)).toBe(userspaceHandles);
    };
    scene.play((to) => to.install(1, B)); // a
    expectHeld([1, 0, 0], 1);
    scene.play((to) => to.install(1, B)); // b
    expectHeld([2, 0, 0], 1);
    scene.play((to) => to.vmOpen(1, B, MAP, MAP + MIB_8, 0, VM.read | VM.write | VM.shared)); // d
    expectHeld([2, 0, 0], 1);
    expect(scene.starts(1, B)).toEqual([MAP]);
    scene.play((to) => {
      to.spawn(2, 200);
      to.install(2, B);
    }); // f
    expectHeld([2, 1, 0], 2);
    scene.play((to) => to.fork(1, 3, 300, 0)); // g
    expectHeld([2, 1, semantics === 'posted' ? 1 : 2], 3);
    expect(scene.starts(3, B)).toEqual([MAP]);
    expect(scene.holders(B)).toEqual([1, 2, 3]);
    scene.play((to) => to.uninstall(3, B)); // h
    if (semantics === 'posted') {
      expectHeld([2, 1, 0], 2);
      expect(scene.row(3, B)).toBeUndefined();
      expect(scene.holders(B)).toEqual([1, 2]);
    } else {
      expectHeld([2, 1, 1], 3);
      expect(scene.starts(3, B)).toEqual([MAP]);
    }
    expect(scene.starts(1, B)).toEqual([MAP]);
  });

  test.each(['posted', 'intended'] as const)('S2, thread exit, %s', (semantics) => {
    const scene = spawnWithBuffer(open, semantics);
    scene.play((to) => {
      to.fork(1, 2, 101, THREAD);
      to.install(1, B);
      to.install(2, B);
      to.exit(2);
    });
    const posted = semantics === 'posted';
    expect(scene.fds(1, B)).toBe(posted ? 0 : 2);
    expect(scene.userspaceHandles(B)).toBe(posted ? 0 : 1);
    expect(scene.play((to) => to.uninstall(1, B))).toEqual([0]);
    expect(scene.fds(1, B)).toBe(posted ? 0 : 1);
    scene.play((to) => to.install(1, B));
    expect(scene.fds(1, B)).toBe(posted ? 1 : 2);
    expect(scene.userspaceHandles(B)).toBe(1);
    scene.play((to) => to.uninstall(1, B));
    expect(scene.fds(1, B)).toBe(posted ? 0 : 1);
    expect(scene.play((to) => to.remove(B))).toEqual([posted ? 0 : -16]);
  });

  test('S3, dup2 over a tracked fd: the uninstall that posted never sends leaves C shown for ever', () => {
    const scene = spawnWithBuffer(open, 'posted');
    scene.play((to) => {
      to.init(C, 4096, 1);
      to.install(1, B);
      to.install(1, C);
      to.install(1, B); // dup2(3, 4)
    });
    expect([scene.fds(1, B), scene.fds(1, C)]).toEqual([2, 1]);
    expect(
      scene.play((to) => {
        to.remove(C);
        to.init(3, 4096, 1);
      }),
    ).toEqual([0, 2]);
    expect(scene.rows(1)).toEqual([
      { buffer: B, fds: 2, vmas: [] },
      { buffer: 0, fds: 1, vmas: [] },
    ]);
  });

  test('S3, dup2 over a tracked fd, intended: C goes with its last fd', () => {
    const scene = spawnWithBuffer(open, 'intended');
    expect(
      scene.play((to) => {
        to.init(C, 4096, 1);
        to.install(1, B);
        to.install(1, C);
        to.uninstall(1, C);
        to.install(1, B);
        to.remove(C);
        to.init(3, 4096, 1);
      }),
    ).toEqual([1, 0, 0, 0, 0, 0, 1]);
    expect(scene.fds(1, B)).toBe(2);
    expect(scene.row(1, C)).toBeUndefined();
  });

  test('S4, CLONE_FILES sibling, posted: the child shows nothing and its close is a no-op', () => {
    const scene = spawnWithBuffer(open, 'posted');
    scene.play((to) => {
      to.install(1, B);
      to.fork(1, 4, 400, FLAG.shareFiles);
    });
    expect(scene.rows(4)).toEqual([]);
    expect(scene.userspaceHandles(B)).toBe(1);
    expect(scene.play((to) => to.uninstall(4, B))).toEqual([0]);
    expect(scene.fds(1, B)).toBe(1);
  });

  test('S4, CLONE_FILES sibling, intended: both show the row and lose it together', () => {
    const scene = spawnWithBuffer(open, 'intended');
    scene.play((to) => {
      to.install(1, B);
      to.fork(1, 4, 400, FLAG.shareFiles);
    });
    expect(scene.holders(B)).toEqual([1, 4]);
    expect(scene.userspaceHandles(B)).toBe(2);
    scene.play((to) => to.uninstall(4, B));
    expect(scene.holders(B)).toEqual([]);
    expect(scene.userspaceHandles(B)).toBe(0);
  });

  test.each(['posted', 'intended'] as const)('S5, exec drops the mm, then close-on-exec fds, %s', (semantics) => {
    const scene = spawnWithBuffer(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.install(1, B);
      to.vmOpen(1, B, MAP, MAP + MIB_8, 0, VM.read);
      to.exec(1);
    });
    expect(scene.row(1, B)).toEqual({ buffer: B, fds: 2, vmas: [] });
    scene.play((to) => to.uninstall(1, B));
    expect(scene.row(1, B)).toEqual({ buffer: B, fds: 1, vmas: [] });
  });

  test.each(['posted', 'intended'] as const)('S6, mapped only, %s', (semantics) => {
    const scene = spawnWithBuffer(open, semantics);
    scene.play((to) => {
      to.install(1, B);
      to.vmOpen(1, B, MAP, MAP + MIB_8, 4096, VM.read | VM.write | VM.shared | VM.io);
      to.uninstall(1, B);
    });
    const flags = VM.read | VM.write | VM.shared | VM.io;
    expect(scene.row(1, B)).toEqual(
      semantics === 'posted'
        ? undefined
        : { buffer: B, fds: 0, vmas: [{ start: MAP, end: MAP + MIB_8, offset: 4096, flags }] },
    );
    expect(scene.userspaceHandles(B)).toBe(semantics === 'posted' ? 0 : 1);
  });

  test.each(['posted', 'intended'] as const)(
    'S10, a GEM handle and an fd of one buffer are one row, %s',
    (semantics) => {
      const scene = spawnWithBuffer(open, semantics);
      scene.play((to) => {
        to.install(1, B);
        to.install(1, B);
      });
      expect(scene.rows(1)).toEqual([{ buffer: B, fds: 2, vmas: [] }]);
      expect(scene.userspaceHandles(B)).toBe(1);
      scene.play((to) => to.uninstall(1, B));
      expect(scene.fds(1, B)).toBe(1);
    },
  );
});
