import { describe, expect, test } from 'vitest';
import { FLAG } from '../../lib/core/record.ts';
import { buffersOf, holdersOf } from './holders.ts';
import { begin, holders, lossesOf, played } from './played.ts';
import type { Recording } from './recording.ts';

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
