import { describe, expect, test } from 'vitest';
import { FLAG, OP } from '../../lib/core/record.ts';
import { O } from '../../lib/model/flags.ts';
import { buffersOf, holdersOf } from './holders.ts';
import { begin, lossesOf, played } from './played.ts';
import { Recording } from './recording.ts';

describe('dma-bufs', () => {
  test('an allocation takes the lowest free descriptor, hidden ones counted as open', async () => {
    // 5 was the lowest free: 3 and 4 are open, though nothing shows them.
    const recording = begin().open(1, 5, '/dev/dma_heap/system', O.CLOEXEC).heap(1).closeFd(1, 5).heap(1);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['#1: 100 fd 6 inferred', '#2: 100 fd 5 inferred']);
    expect(replayed.snapshot().buffers.known).toEqual(['inferred', 'inferred']);
    expect(lossesOf(replayed)).toMatchObject({ fd_inferred: 2, buffer_size_unknown: 2 });
  });

  test('a name seen at the inferred descriptor confirms it', async () => {
    const replayed = await played(begin().heap(1).named(1, 3, '/dmabuf:cam').map(1, 3, 0x7f0000, 8192, 4096));
    expect(holdersOf(replayed.snapshot())).toEqual(['cam: 100 fd 3', 'cam: 100 map 7f0000+8192@4096 rw-s']);
    expect(replayed.snapshot().buffers.known).toEqual(['lower-bound']);
    expect(buffersOf(replayed.snapshot())).toEqual(['cam ≥12288']);
  });

  test('a name seen elsewhere moves it', async () => {
    const replayed = await played(begin().heap(1).named(1, 7, '/dmabuf:cam'));
    expect(holdersOf(replayed.snapshot())).toEqual(['cam: 100 fd 7']);
    expect(lossesOf(replayed)).toMatchObject({ fd_inferred_moved: 1 });
  });

  test('another file at the inferred descriptor contradicts it', async () => {
    const replayed = await played(begin().heap(1).memfd(1, 3, 'frame'));
    expect(holdersOf(replayed.snapshot())).toEqual(['frame: 100 fd 3']);
    expect(lossesOf(replayed)).toMatchObject({ fd_inferred_contradicted: 1 });
  });

  test('a size that the recording shows is exact', async () => {
    const replayed = await played(begin().heap(1, 'system', 3, 65536));
    expect(buffersOf(replayed.snapshot())).toEqual(['- 65536']);
    expect(lossesOf(replayed)).toEqual({ task_without_start: 1 });
  });

  test('what an ioctl made is doubted after exec, its copies are not', async () => {
    const replayed = await played(
      begin().put(OP.udmabuf, 1, 3).dup(1, 3, 4).dup(1, 3, 5, FLAG.cloexec).exec(1, '/bin/true'),
    );
    expect(holdersOf(replayed.snapshot())).toEqual(['#1: 100 fd 3 inferred', '#1: 100 fd 4']);
    expect(lossesOf(replayed)).toMatchObject({ exec_cloexec_unknown: 1 });
  });

  test('a new name that is not shown makes the name unknown', async () => {
    const recording = begin().heap(1).named(1, 3, '/dmabuf:old').put(OP.setName, 1, 3, 0);
    const replayed = await played(recording);
    expect(replayed.snapshot().buffers.name).toEqual([null]);
    expect(lossesOf(replayed)).toMatchObject({ buffer_name_unknown: 1 });
  });
});

describe('names of descriptors', () => {
  test('one from before the recording is a buffer of unknown size, in every process that inherited it', async () => {
    const recording = new Recording().task(1, 100).open(1, 5).fork(1, 2, 101).named(2, 3, '/memfd:frame');
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['frame: 100 fd 3', 'frame: 101 fd 3']);
    expect(buffersOf(replayed.snapshot())).toEqual(['frame ?']);
    expect(replayed.snapshot().buffers.known).toEqual(['inferred']);
  });

  test('a memfd of another name is another file', async () => {
    const replayed = await played(begin().memfd(1, 3, 'old').named(1, 3, '/memfd:new'));
    expect(holdersOf(replayed.snapshot())).toEqual(['new: 100 fd 3']);
    expect(lossesOf(replayed)).toMatchObject({ fd_changed_unseen: 1 });
  });

  test('a dma-buf of another name was renamed', async () => {
    const replayed = await played(
      begin().heap(1).named(1, 3, '/dmabuf:a').named(1, 3, '/dmabuf:b (deleted)').named(1, 3, '/dmabuf:'),
    );
    expect(replayed.snapshot().buffers.name).toEqual([null]);
    expect(replayed.snapshot().buffers.length).toBe(1);
  });

  test('a descriptor from nowhere is the only live buffer of its name', async () => {
    const replayed = await played(
      begin().memfd(1, 3, 'frame').fork(1, 2, 101).closeFd(2, 3).named(2, 8, '/memfd:frame'),
    );
    expect(holdersOf(replayed.snapshot())).toEqual(['frame: 100 fd 3', 'frame: 101 fd 8']);
    expect(lossesOf(replayed)).toMatchObject({ name_resolved: 1 });
  });
});
