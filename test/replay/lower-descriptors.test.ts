import { describe, expect, test } from 'vitest';
import { FLAG, OP } from '../../lib/core/record.ts';
import { O } from '../../lib/model/flags.ts';
import { buffersOf, holdersOf } from './holders.ts';
import { begin, holders, lossesOf, played } from './played.ts';

describe('descriptors', () => {
  test('a descriptor made where one was open closes that one, counted', async () => {
    const replayed = await played(begin().memfd(1, 3, 'old').memfd(1, 3, 'new'));
    expect(holdersOf(replayed.snapshot())).toEqual(['new: 100 fd 3']);
    expect(lossesOf(replayed)).toMatchObject({ fd_lost_close: 1 });
  });

  test('dup2 onto an open descriptor closes it, which is no loss', async () => {
    const replayed = await played(
      begin().memfd(1, 3, 'one').memfd(1, 4, 'two').dup(1, 3, 4, FLAG.onto).dup(1, 3, 10, FLAG.cloexec),
    );
    expect(holdersOf(replayed.snapshot())).toEqual(['one: 100 fd 10 cloexec', 'one: 100 fd 3', 'one: 100 fd 4']);
    expect(lossesOf(replayed)).toEqual({ task_without_start: 1 });
  });

  test('closing and copying what was never shown is counted', async () => {
    const replayed = await played(begin().closeFd(1, 40).dup(1, 41, 42));
    expect(lossesOf(replayed)).toMatchObject({ fd_close_unknown: 1, fd_use_unknown: 1 });
  });

  test('close_range closes, or marks, what is open', async () => {
    const recording = begin()
      .memfd(1, 3, 'a')
      .memfd(1, 4, 'b')
      .memfd(1, 5, 'c')
      .put(OP.closeRange, 1, 5, 0xffffffff, 0)
      .put(OP.closeRange, 1, 4, 0xffffffff, 4);
    expect(await holders(recording)).toEqual(['a: 100 fd 3', 'b: 100 fd 4 cloexec']);
  });

  test('a file reopened through /proc is the same buffer by another file', async () => {
    const recording = begin()
      .memfd(1, 3, 'frame')
      .open(1, 4, '/proc/self/fd/3', O.RDONLY)
      .closeFd(1, 3)
      .fork(1, 2, 101)
      .open(2, 5, '/proc/100/fd/4')
      .open(2, 6, '/dev/fd/5', O.CLOEXEC);
    const replayed = await played(recording);
    expect(buffersOf(replayed.snapshot())).toEqual(['frame 0']);
    expect(holdersOf(replayed.snapshot())).toEqual([
      'frame: 100 fd 4',
      'frame: 101 fd 4',
      'frame: 101 fd 5',
      'frame: 101 fd 6 cloexec',
    ]);
  });

  test('an impossible descriptor is counted and ignored', async () => {
    const replayed = await played(begin().memfd(1, 0x7fffffff, 'frame').put(OP.dup, 1, 2, 0x7fffffff, 0, FLAG.onto));
    expect(holdersOf(replayed.snapshot())).toEqual([]);
    expect(lossesOf(replayed)).toMatchObject({ fd_out_of_range: 2 });
  });

  test('a descriptor taken from another process is the same file', async () => {
    const recording = begin().memfd(1, 3, 'frame').fork(1, 2, 101).closeFd(2, 3).put(OP.pidfdGetfd, 2, 9, 3, 1);
    expect(await holders(recording)).toEqual(['frame: 100 fd 3', 'frame: 101 fd 9 cloexec']);
  });
});

describe('shared memory files', () => {
  const create = O.RDWR | O.CREAT | O.EXCL;

  test('a path identifies its object while it is linked', async () => {
    const recording = begin()
      .open(1, 3, '/dev/shm/ring', create)
      .truncate(1, 3, 4096)
      .fork(1, 2, 101)
      .closeFd(2, 3)
      .open(2, 4, '/run/shm/ring')
      .truncate(2, 4, 8192);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['ring: 100 fd 3', 'ring: 101 fd 4']);
    expect(buffersOf(replayed.snapshot())).toEqual(['ring 8192']);
  });

  test('unlinked, the name may be made anew', async () => {
    const recording = begin().open(1, 3, '/dev/shm/ring', create).truncate(1, 3, 4096);
    recording
      .put(OP.unlink, 1, 0, recording.string('/dev/shm/ring'))
      .open(1, 4, '/dev/shm/ring', create)
      .truncate(1, 4, 8192);
    const replayed = await played(recording);
    expect(buffersOf(replayed.snapshot())).toEqual(['ring 4096', 'ring 8192']);
    expect(replayed.snapshot().buffers.kept).toEqual([null, 'named']);
  });

  test('a linked one outlives its processes', async () => {
    const replayed = await played(begin().open(1, 3, '/dev/shm/ring', create).exit(1));
    expect(replayed.snapshot().buffers.kept).toEqual(['named']);
  });

  test('one that was there before has no known size', async () => {
    const replayed = await played(begin().open(1, 3, '/dev/shm/ring').map(1, 3, 0x7f0000, 5000));
    expect(buffersOf(replayed.snapshot())).toEqual(['ring ≥8192']);
    expect(lossesOf(replayed)).toMatchObject({ shm_lost_create: 1, buffer_size_unknown: 1 });
  });

  test('made anew without an unlink: that was lost', async () => {
    const replayed = await played(begin().open(1, 3, '/dev/shm/ring', create).open(1, 4, '/dev/shm/ring', create));
    expect(replayed.snapshot().buffers.length).toBe(2);
    expect(lossesOf(replayed)).toMatchObject({ shm_lost_unlink: 1 });
  });
});
