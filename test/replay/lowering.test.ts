import { afterEach, describe, expect, test } from 'vitest';
import { FLAG, OP } from '../../lib/core/record.ts';
import { CLONE, CLONE_PTHREAD, O } from '../../lib/model/flags.ts';
import { replay } from '../../lib/replay/index.ts';
import type { Replayed, ReplayOptions } from '../../lib/replay/index.ts';
import { buffersOf, holdersOf } from './holders.ts';
import { Recording } from './recording.ts';

const open: Replayed[] = [];

afterEach(() => {
  for (const replayed of open.splice(0)) replayed.close();
});

async function played(recording: Recording, options?: ReplayOptions): Promise<Replayed> {
  const replayed = await replay(recording, options);
  open.push(replayed);
  expect(replayed.tracker.check()).toBeNull();
  return replayed;
}

async function holders(recording: Recording, options?: ReplayOptions): Promise<string[]> {
  return holdersOf((await played(recording, options)).snapshot());
}

function lossesOf(replayed: Replayed): Record<string, number> {
  return Object.fromEntries(replayed.losses.map(({ name, count }) => [name, count]));
}

const begin = (batch?: number): Recording =>
  new Recording(batch === undefined ? {} : { batch }).task(1, 100).exec(1, '/usr/bin/camera-service');

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

describe('messages', () => {
  const pair = ['UNIX-STREAM:[1->2]', 'UNIX-STREAM:[2->1]'] as const;
  const sockets = (batch?: number): Recording =>
    begin(batch).socketpair(1, 3, 4, pair).fork(1, 2, 101).closeFd(1, 4).closeFd(2, 3);

  test('what is sent is in flight until it is received, first in, first out', async () => {
    const recording = sockets()
      .memfd(1, 5, 'x')
      .memfd(1, 6, 'x')
      .truncate(1, 6, 4096)
      .send(1, 3, pair[0], [[5, '/memfd:x']])
      .send(1, 3, pair[0], [[6, '/memfd:x']])
      .closeFd(1, 5)
      .closeFd(1, 6);
    const between = recording.time;
    recording.receive(2, 4, pair[1], [[9, '/memfd:x']]);
    expect(await holders(recording, { at: between - 1n })).toEqual(['x: in flight from 100', 'x: in flight from 100']);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['x: 101 fd 9 cloexec', 'x: in flight from 100']);
    expect(buffersOf(replayed.snapshot())).toEqual(['x 0', 'x 4096']);
    expect(replayed.snapshot().fds.buffer).toEqual([0]);
  });

  test('connected sockets without names still pair by their files', async () => {
    const recording = begin()
      .socketpair(1, 3, 4)
      .fork(1, 2, 101)
      .memfd(1, 5, 'x')
      .send(1, 3, null, [[5, null]])
      .closeFd(1, 5)
      .receive(2, 4, null, [[5, null]], 0);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['x: 101 fd 5']);
    expect(lossesOf(replayed)).toEqual({ task_without_start: 1 });
  });

  test('what is unread when the receiving socket is closed goes with it', async () => {
    const recording = sockets()
      .memfd(1, 5, 'x')
      .send(1, 3, pair[0], [[5, '/memfd:x']])
      .closeFd(1, 5)
      .exit(2);
    const replayed = await played(recording);
    expect(replayed.snapshot().buffers.length).toBe(0);
    expect(lossesOf(replayed)).toMatchObject({ send_dropped: 1 });
  });

  test('a datagram is found by what it carries, and its receiver is remembered', async () => {
    const recording = begin()
      .fork(1, 2, 101)
      .memfd(1, 5, 'x')
      .memfd(1, 6, 'y')
      .send(1, 4, 'UNIX:[11]|@box', [[5, '/memfd:x']])
      .send(1, 4, 'UNIX:[11]|@box', [[6, '/memfd:y']])
      .receive(2, 4, 'UNIX:[12]', [[5, '/memfd:x']])
      .receive(2, 4, 'UNIX:[12]', [[6, null]]);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual([
      'x: 100 fd 5',
      'x: 101 fd 5 cloexec inferred',
      'y: 100 fd 6',
      'y: 101 fd 6 cloexec inferred',
    ]);
    expect(lossesOf(replayed)).toMatchObject({ receive_by_names: 2 });
  });

  test('without any names a received descriptor is a buffer of its own', async () => {
    const recording = begin()
      .fork(1, 2, 101)
      .memfd(1, 5, 'x')
      .send(1, 4, null, [[5, null]])
      .receive(2, 4, null, [[7, null]], 0);
    const replayed = await played(recording);
    expect(replayed.snapshot().buffers.kind).toEqual(['memfd', 'unknown']);
    expect(lossesOf(replayed)).toMatchObject({ receive_unknown: 1, receive_without_send: 1 });
  });

  test('a send that was not recorded: the only live buffer of the name, or a new one', async () => {
    const recording = begin()
      .fork(1, 2, 101)
      .memfd(1, 5, 'x')
      .receive(
        2,
        4,
        'UNIX:[12]',
        [
          [7, '/memfd:x'],
          [8, '/memfd:other'],
          [9, '/dev/null'],
        ],
        0,
      );
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['other: 101 fd 8', 'x: 100 fd 5', 'x: 101 fd 7']);
  });

  test('a message that was read without its descriptors being recorded is passed over', async () => {
    const recording = sockets()
      .memfd(1, 5, 'lost')
      .memfd(1, 6, 'kept')
      .send(1, 3, pair[0], [[5, '/memfd:lost']])
      .send(1, 3, pair[0], [[6, '/memfd:kept']])
      .closeFd(1, 5)
      .closeFd(1, 6)
      .receive(2, 4, pair[1], [[7, '/memfd:kept']], 0);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['kept: 101 fd 7']);
    expect(lossesOf(replayed)).toMatchObject({ send_skipped: 1 });
  });

  test('a receiver without room gets the first, the kernel drops the rest', async () => {
    const recording = sockets()
      .memfd(1, 5, 'a')
      .memfd(1, 6, 'b')
      .send(1, 3, pair[0], [
        [5, '/memfd:a'],
        [6, '/memfd:b'],
      ])
      .closeFd(1, 5)
      .closeFd(1, 6)
      .receive(2, 4, pair[1], [[7, '/memfd:a']], FLAG.truncated);
    const replayed = await played(recording);
    expect(holdersOf(replayed.snapshot())).toEqual(['a: 101 fd 7']);
    expect(lossesOf(replayed)).toMatchObject({ receive_truncated: 1 });
  });

  test('peeking copies, and leaves the message', async () => {
    const recording = sockets()
      .memfd(1, 5, 'a')
      .send(1, 3, pair[0], [[5, '/memfd:a']])
      .closeFd(1, 5)
      .receive(2, 4, pair[1], [[7, '/memfd:a']], FLAG.peek);
    expect(await holders(recording)).toEqual(['a: 101 fd 7', 'a: in flight from 100']);
  });

  test('batches cut the recording anywhere', async () => {
    const make = (batch?: number): Recording =>
      sockets(batch)
        .memfd(1, 5, 'a')
        .memfd(1, 6, 'b')
        .send(1, 3, pair[0], [
          [5, '/memfd:a'],
          [6, '/memfd:b'],
        ])
        .receive(2, 4, pair[1], [
          [7, '/memfd:a'],
          [8, '/memfd:b'],
        ]);
    expect(await holders(make(1))).toEqual(await holders(make()));
  });
});

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
