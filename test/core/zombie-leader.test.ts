/** A leader that ended while threads of its group live: /proc/[pid] of it is still there. */
import { expect, test } from 'vitest';
import { Tracker } from '../../lib/core/tracker.ts';

const THREAD = { files: true, mm: true, thread: true };

test('what its threads hold is read under its key until the last of them ends', () => {
  using tracker = new Tracker();
  const leader = tracker.spawn(71);
  const thread = tracker.fork(leader, 72, THREAD);
  const buffer = tracker.init({ size: 4096, task: leader });
  tracker.install(leader, buffer);
  const before = tracker.readMemtrack(leader);
  tracker.exit(leader);
  expect(tracker.readMemtrack(leader)).toBe(before);
  expect(tracker.readMemtrack(thread)).toBe(before);
  expect(tracker.holders(buffer)).toEqual([leader]);
  tracker.exit(thread);
  expect(() => tracker.readMemtrack(leader)).toThrow('ESRCH');
});

test('posted: it is there, and empty', () => {
  using tracker = new Tracker({ semantics: 'posted' });
  const leader = tracker.spawn(71);
  tracker.fork(leader, 72, THREAD);
  tracker.install(leader, tracker.init({ size: 4096, task: leader }));
  tracker.exit(leader);
  expect(tracker.readMemtrack(leader)).toBe('');
});
