import { describe, expect, test } from 'vitest';
import { FLAG, OP } from '../../lib/core/record.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { holdersOf } from './holders.ts';
import { begin, holders, lossesOf, played } from './played.ts';
import { Recording } from './recording.ts';

describe('tasks', () => {
  test('a forked child holds copies of every descriptor and mapping', async () => {
    const recording = begin()
      .memfd(1, 3, 'frame', 1)
      .truncate(1, 3, 8192)
      .map(1, 3, 0x7f0000, 8192)
      .fork(1, 2, 101)
      .closeFd(1, 3);
    expect(await holders(recording)).toEqual([
      'frame: 100 map 7f0000+8192@0 rw-s',
      'frame: 101 fd 3 cloexec',
      'frame: 101 map 7f0000+8192@0 rw-s',
    ]);
  });

  test('a thread shares table and address space; its exit changes nothing', async () => {
    const recording = begin().task(2, 101, 100).clone(1, 2, CLONE_PTHREAD).memfd(2, 3, 'frame').put(OP.taskExit, 2);
    expect(await holders(recording)).toEqual(['frame: 100 fd 3']);
  });

  test('a vfork child shares the address space and has a table of its own', async () => {
    const recording = begin()
      .memfd(1, 3, 'frame')
      .map(1, 3, 0x7f0000, 4096)
      .fork(1, 2, 101, CLONE.VM | CLONE.VFORK)
      .closeFd(2, 3)
      .exec(2, '/bin/true');
    expect(await holders(recording)).toEqual(['frame: 100 fd 3', 'frame: 100 map 7f0000+4096@0 rw-s']);
  });

  test('exec drops mappings and close-on-exec descriptors and renames the process', async () => {
    const recording = begin()
      .memfd(1, 3, 'kept')
      .memfd(1, 4, 'dropped', 1)
      .map(1, 3, 0x7f0000, 4096)
      .exec(1, '/usr/bin/a-very-long-program-name');
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['kept: 100 fd 3']);
    expect(replayed.snapshot().processes.comm).toEqual(['a-very-long-pro']);
  });

  test('a killed process holds nothing and says by which signal', async () => {
    const replayed = await played(begin().memfd(1, 3, 'frame').kill(1, 9));
    const { processes, buffers } = replayed.snapshot();
    expect([processes.state, processes.status, buffers.length]).toEqual([['killed'], [9], 0]);
  });

  test('a status told after the end replaces what was assumed', async () => {
    const replayed = await played(
      begin().put(OP.taskExit, 1, 0, 0, 0, FLAG.group).put(OP.status, 1, 0, 11, 0, FLAG.killed),
    );
    expect([replayed.snapshot().processes.state, replayed.snapshot().processes.status]).toEqual([['killed'], [11]]);
  });

  test('a pid used again is another process', async () => {
    const recording = begin().fork(1, 2, 101).memfd(2, 3, 'old').exit(2).fork(1, 3, 101).memfd(3, 3, 'new');
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['new: 101 fd 3']);
    expect(replayed.snapshot().processes.state).toEqual(['alive', 'exited', 'alive']);
  });

  test('a pid that a live process seems to have ends that one, counted', async () => {
    const replayed = await played(begin().fork(1, 2, 101).memfd(2, 3, 'old').fork(1, 3, 101));
    expect(replayed.snapshot().processes.state).toEqual(['alive', 'unknown', 'alive']);
    expect(lossesOf(replayed)).toMatchObject({ task_pid_taken: 1 });
  });

  test('threads seen before their leader are one process with it', async () => {
    const recording = new Recording().task(7, 501, 500).memfd(7, 5, 'frame').task(8, 500, 500).closeFd(8, 3);
    const replayed = await played(recording);
    expect(replayed.snapshot().processes.pid).toEqual([500]);
    expect(holdersOf(replayed.snapshot())).toEqual(['frame: 500 fd 5']);
  });

  test('a child seen before its clone inherits late, and marked', async () => {
    const recording = begin().memfd(1, 3, 'frame').map(1, 3, 0x7f0000, 4096).task(2, 101).open(2, 4).clone(1, 2);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot()).filter((line) => line.includes('101'))).toEqual([
      'frame: 101 fd 3 inferred',
      'frame: 101 map 7f0000+4096@0 rw-s',
    ]);
    expect(lossesOf(replayed)).toMatchObject({ clone_late: 1 });
  });

  test('a tid told late is the pid from then on', async () => {
    const replayed = await played(new Recording().task(1, 0, 0).memfd(1, 3, 'frame').task(1, 4211, 0));
    expect(holdersOf(replayed.snapshot())).toEqual(['frame: 4211 fd 3']);
  });

  test('unshare gives a thread a table of its own', async () => {
    const recording = begin()
      .memfd(1, 3, 'frame')
      .task(2, 101, 100)
      .clone(1, 2, CLONE_PTHREAD)
      .put(OP.unshareFiles, 2)
      .closeFd(1, 3)
      .memfd(2, 4, 'private');
    expect(await holders(recording)).toEqual(['frame: 100 fd 3', 'private: 100 fd 4']);
  });

  test('events of the ended and the never introduced are counted', async () => {
    const replayed = await played(begin().exit(1).closeFd(1, 3).closeFd(9, 3));
    expect(lossesOf(replayed)).toMatchObject({ task_event_after_end: 1, task_unknown: 1 });
  });
});
