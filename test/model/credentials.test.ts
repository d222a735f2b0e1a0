import { describe, expect, test } from 'vitest';
import { ALL_CAPS, CAP, caps, FS_CAPS } from '../../lib/model/credentials.ts';
import type { Ids } from '../../lib/model/credentials.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from './world.ts';

const line = ({ real, effective, saved, fs }: Ids): readonly number[] => [real, effective, saved, fs];

function user(uid = 1000, gid = uid, set?: bigint): Task {
  const credentials = set === undefined ? { uid, gid } : { uid, gid, caps: set };
  return new Kernel({ memtrack: 'off' }).spawn({ credentials });
}
function root(): Task {
  return new Kernel({ memtrack: 'off' }).spawn();
}

describe('setuid', () => {
  test('with CAP_SETUID sets all four and gives root’s capabilities up', () => {
    const task = root();
    task.setuid(1000);
    expect(line(task.credentials.uid)).toEqual([1000, 1000, 1000, 1000]);
    expect([task.credentials.permitted, task.credentials.effective, task.mm.dumpable]).toEqual([0n, 0n, 0]);
    expect(refusal(() => task.setuid(0))).toBe('EPERM');
  });

  test('without it takes the real or saved uid as effective one', () => {
    const task = user();
    task.exec('su', { setuid: 0 });
    task.capset(0n);
    expect(line(task.credentials.uid)).toEqual([1000, 0, 0, 0]);
    task.setuid(1000);
    expect(line(task.credentials.uid)).toEqual([1000, 1000, 0, 1000]);
    task.setuid(0);
    expect(line(task.credentials.uid)).toEqual([1000, 0, 0, 0]);
    expect(refusal(() => task.setuid(1001))).toBe('EPERM');
  });

  test('takes no number that is no uid', () => {
    for (const uid of [-1, 1.5, NaN, 2 ** 32 - 1]) expect(refusal(() => root().setuid(uid))).toBe('EINVAL');
  });
});

describe('setreuid', () => {
  test.each([
    [2000, -1, [2000, 1000, 1000, 1000]],
    [-1, 2000, [1000, 2000, 2000, 2000]],
    [-1, 1000, [1000, 1000, 1000, 1000]],
    [2000, 3000, [2000, 3000, 3000, 3000]],
    [-1, -1, [1000, 1000, 1000, 1000]],
  ] as const)('(%i, %i) with CAP_SETUID', (real, effective, expected) => {
    const task = user(1000, 1000, caps(CAP.SETUID));
    task.setreuid(real, effective);
    expect(line(task.credentials.uid)).toEqual(expected);
  });

  test('without it exchanges what is there', () => {
    const task = user();
    task.exec('tool', { setuid: 2000 });
    task.setreuid(2000, 1000);
    expect(line(task.credentials.uid)).toEqual([2000, 1000, 1000, 1000]);
    expect(refusal(() => task.setreuid(3000, -1))).toBe('EPERM');
    expect(refusal(() => task.setreuid(-1, 3000))).toBe('EPERM');
  });
});

describe('setresuid', () => {
  test('of a user moves among its three', () => {
    const task = user();
    task.exec('tool', { setuid: 2000 });
    task.setresuid(2000, 1000, -1);
    expect(line(task.credentials.uid)).toEqual([2000, 1000, 2000, 1000]);
    expect(refusal(() => task.setresuid(3000, -1, -1))).toBe('EPERM');
    expect(refusal(() => task.setresuid(-1, 3000, -1))).toBe('EPERM');
    expect(refusal(() => task.setresuid(-1, -1, 3000))).toBe('EPERM');
  });

  test('gives up effective capabilities with the effective uid, and gets them back with it', () => {
    const task = root();
    task.setresuid(-1, 1000, -1);
    expect([task.credentials.effective, task.credentials.permitted]).toEqual([0n, ALL_CAPS]);
    task.setresuid(-1, 0, -1);
    expect(task.credentials.effective).toBe(ALL_CAPS);
  });

  test('keeps permitted capabilities with PR_SET_KEEPCAPS, until exec', () => {
    const task = root();
    task.setKeepCaps(true);
    task.setresuid(1000, 1000, 1000);
    expect([task.credentials.effective, task.credentials.permitted]).toEqual([0n, ALL_CAPS]);
    task.exec();
    expect([task.credentials.permitted, task.credentials.keepCaps]).toEqual([0n, false]);
  });
});

test('groups are set likewise, with CAP_SETGID, and cost no capability', () => {
  const task = root();
  task.setresgid(1, 2, 3);
  expect(line(task.credentials.gid)).toEqual([1, 2, 3, 2]);
  task.setregid(-1, 5);
  expect(line(task.credentials.gid)).toEqual([1, 5, 5, 5]);
  task.setgroups([7, 8]);
  expect(task.credentials.groups).toEqual([7, 8]);
  expect(task.credentials.effective).toBe(ALL_CAPS);
  task.setgid(9);
  expect(line(task.credentials.gid)).toEqual([9, 9, 9, 9]);
  const plain = user();
  expect(refusal(() => plain.setgid(0))).toBe('EPERM');
  expect(refusal(() => plain.setgroups([0]))).toBe('EPERM');
});

test('setfsuid tells the one before, and takes the file capabilities with it', () => {
  const task = root();
  expect(task.setfsuid(1000)).toBe(0);
  expect(task.credentials.effective).toBe(ALL_CAPS & ~FS_CAPS);
  expect(task.setfsuid(0)).toBe(1000);
  expect(task.credentials.effective).toBe(ALL_CAPS);
  const plain = user();
  expect([plain.setfsuid(0), plain.setfsuid(-1), plain.credentials.uid.fs]).toEqual([1000, 1000, 1000]);
});

describe('dumpable', () => {
  const changes: readonly [string, (task: Task) => void, number][] = [
    ['setuid to another', (task) => task.setuid(1), 0],
    ['setuid to the same', (task) => task.setuid(0), 1],
    ['another real uid alone', (task) => task.setresuid(1, -1, -1), 1],
    ['another saved uid alone', (task) => task.setresuid(-1, -1, 1), 1],
    ['another effective gid', (task) => task.setresgid(-1, 1, -1), 0],
    ['another fsuid', (task) => task.setfsuid(1), 0],
    ['another fsgid', (task) => task.setfsgid(1), 0],
    ['fewer capabilities', (task) => task.capset(0n), 1],
    ['other groups', (task) => task.setgroups([1]), 1],
    ['a new user namespace', (task) => task.unshareUser(), 1],
  ];
  test.each(changes)('after %s', (_name, change, dumpable) => {
    const task = root();
    change(task);
    expect(task.mm.dumpable).toBe(dumpable);
  });

  test('is of the address space: threads and vfork share it, fork copies it', () => {
    const task = user();
    const thread = task.clone(CLONE_PTHREAD);
    const sharing = task.vfork();
    const before = task.fork();
    thread.setDumpable(0);
    const after = task.fork();
    expect([task, sharing, before, after].map(({ mm }) => mm.dumpable)).toEqual([0, 0, 1, 0]);
    after.exec('plain');
    expect(after.mm.dumpable).toBe(1);
    expect(refusal(() => task.setDumpable(2))).toBe('EINVAL');
  });
});

describe('exec', () => {
  test('of a set-user-id program', () => {
    const task = user();
    task.exec('passwd', { setuid: 0 });
    expect(line(task.credentials.uid)).toEqual([1000, 0, 0, 0]);
    expect([task.credentials.permitted, task.credentials.effective, task.mm.dumpable]).toEqual([ALL_CAPS, ALL_CAPS, 0]);
    task.exec('sh');
    expect(task.mm.dumpable).toBe(0);
    task.setuid(1000);
    task.exec('sh');
    expect([task.mm.dumpable, task.credentials.permitted]).toEqual([1, 0n]);
  });

  test('of a set-group-id program, or of one that is not to be read', () => {
    const task = user();
    task.exec('write', { setgid: 5 });
    expect([line(task.credentials.gid), task.mm.dumpable]).toEqual([[1000, 5, 5, 5], 0]);
    const other = user();
    other.exec('secret', { readable: false });
    expect(other.mm.dumpable).toBe(0);
  });

  test('sets saved and file system ids to the effective one, and drops what is not root’s', () => {
    const task = user(1000, 1000, caps(CAP.SETUID, CAP.KILL));
    task.setresuid(-1, 2000, -1);
    task.exec();
    expect(line(task.credentials.uid)).toEqual([1000, 2000, 2000, 2000]);
    expect([task.credentials.permitted, task.mm.dumpable]).toEqual([0n, 0]);
  });
});

test('capset gives up and does not gain', () => {
  const task = user(1000, 1000, caps(CAP.KILL, CAP.CHOWN));
  task.capset(caps(CAP.KILL), 0n);
  expect(refusal(() => task.capset(caps(CAP.CHOWN)))).toBe('EPERM');
  expect(refusal(() => task.capset(0n, caps(CAP.KILL)))).toBe('EPERM');
  task.capset(caps(CAP.KILL));
  expect(task.credentials.effective).toBe(caps(CAP.KILL));
});

describe('a child', () => {
  test('is who its parent is, and then its own', () => {
    const task = user();
    const child = task.fork();
    expect(child.credentials).toBe(task.credentials);
    child.exec('su', { setuid: 0 });
    expect(task.credentials.uid.effective).toBe(1000);
  });

  test('in a user namespace has every capability there and none above', () => {
    const task = user();
    const child = task.clone(CLONE.NEWUSER);
    expect(child.credentials).toMatchObject({ permitted: ALL_CAPS, userNamespace: { level: 1, owner: 1000 } });
    expect(child.mm.dumpable).toBe(1);
    // Nothing is mapped, so there is no uid to change to.
    expect([refusal(() => child.setuid(0)), refusal(() => child.setuid(1000))]).toEqual(['EINVAL', 'EINVAL']);
    expect(child.clone(0).credentials.userNamespace).toBe(child.credentials.userNamespace);
  });
});
