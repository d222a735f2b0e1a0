import { describe, expect, test, vi } from 'vitest';
import { replay } from '../../lib/replay/index.ts';
import { begin, holders, played } from './played.ts';
import { Recording } from './recording.ts';

describe('time', () => {
  test('the state at a time is that after every event up to and including it', async () => {
    const recording = begin();
    const before = recording.time;
    recording.memfd(1, 3, 'frame');
    expect(await holders(recording, { at: before - 1n })).toEqual([]);
    expect(await holders(recording, { at: before })).toEqual(['frame: 100 fd 3']);
    expect((await played(recording, { at: before })).snapshot().at).toBe(before);
  });

  test('a recording without a clock has only an end', async () => {
    const recording = new Recording({ clock: null }).task(1, 100).memfd(1, 3, 'frame');
    await expect(replay(recording, { at: 5n })).rejects.toThrow(RangeError);
    expect((await played(recording)).snapshot().at).toBeNull();
  });

  test('descriptors say since when', async () => {
    const recording = begin();
    const at = recording.time;
    recording.memfd(1, 3, 'frame').closeFd(1, 9);
    expect((await played(recording)).snapshot().fds.since).toEqual([at]);
  });
});

test('other options are refused, and the recording is closed', async () => {
  for (const options of [{ at: 5 }, { at: '5' }, { until: 5n }]) {
    const recording = begin();
    const close = vi.spyOn(recording, 'close');
    await expect(replay(recording, options as object)).rejects.toThrow(TypeError);
    expect(close).toHaveBeenCalledOnce();
  }
});
