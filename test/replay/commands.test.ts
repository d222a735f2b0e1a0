import { describe, expect, test } from 'vitest';
import { FLAG, OP, VM } from '../../lib/core/record.ts';
import { readPseudoFile } from '../../lib/replay/index.ts';
import { findHolding, pss } from '../../lib/rules/index.ts';
import { lossesOf, played } from './played.ts';
import { Recording } from './recording.ts';

/** Keys as a file may have them: any, not dense. */
const CAMERA = 40;
const VIEWER = 7;
const FRAME = 900;

function recording(batch?: number): Recording {
  return new Recording(batch === undefined ? {} : { batch })
    .put(OP.spawn, CAMERA, 0, 612)
    .put(OP.init, CAMERA, FRAME, 0, 8192)
    .put(OP.install, CAMERA, FRAME)
    .put(OP.fork, CAMERA, 0, VIEWER, 700)
    .put(OP.install, VIEWER, FRAME)
    .put(OP.vmOpen, VIEWER, FRAME, VM.read | VM.write | VM.shared, 0x7f0000, FLAG.more)
    .tail(0x7f2000, 0);
}

describe('a recording of accounting commands', () => {
  test('goes to the core with its own keys', async () => {
    const replayed = await played(recording());
    const snapshot = replayed.snapshot();
    expect([replayed.facts.family, replayed.kernel]).toEqual(['commands', null]);
    expect([snapshot.buffers.key, snapshot.buffers.size, snapshot.buffers.userspaceHandles]).toEqual([
      [FRAME],
      [8192],
      [2],
    ]);
    expect(snapshot.processes.pid.toSorted((a, b) => a - b)).toEqual([612, 700]);
    expect([snapshot.fds.length, snapshot.maps.perms, snapshot.maps.bytes]).toEqual([3, ['rw-s'], [8192]]);
    expect(pss(findHolding(snapshot)).bytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(8192);
  });

  test('has /proc/[pid]/memtrack and debugfs, and none of the files that need a kernel', async () => {
    const replayed = await played(recording());
    expect(readPseudoFile(replayed, '/proc/700/memtrack')!.text).toMatch(/pid:700/);
    expect(readPseudoFile(replayed, '/sys/kernel/debug/memtrack')!.text).not.toBe('');
    for (const path of ['/proc/700/maps', '/proc/9/memtrack', '/sys/kernel/debug/dma_buf/bufinfo']) {
      expect(readPseudoFile(replayed, path)).toBeNull();
    }
  });

  test('is cut at a time, groups kept whole', async () => {
    const whole = recording();
    const before = whole.time - 1_000_000n;
    const replayed = await played(whole, { at: before - 1n });
    expect([replayed.snapshot().fds.length, replayed.snapshot().maps.length]).toEqual([3, 0]);
    expect((await played(whole, { at: before })).snapshot().maps.length).toBe(1);
  });

  test('reads the same in batches of one', async () => {
    expect((await played(recording(1))).snapshot()).toEqual((await played(recording())).snapshot());
  });

  test('what the core refuses and what does not belong is counted', async () => {
    const replayed = await played(recording().put(OP.uninstall, CAMERA, 5).put(OP.close, CAMERA, 3));
    expect(lossesOf(replayed)).toMatchObject({ record_other_family: 1 });
    expect(replayed.losses.length).toBeGreaterThan(1);
  });

  test('either semantics can replay it', async () => {
    const ended = recording().put(OP.exit, VIEWER).put(OP.exit, CAMERA);
    expect((await played(ended)).snapshot().buffers.userspaceHandles).toEqual([0]);
    expect((await played(ended, { semantics: 'posted' })).snapshot().buffers.length).toBe(1);
  });
});
