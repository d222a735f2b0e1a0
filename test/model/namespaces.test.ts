import { describe, expect, test } from 'vitest';
import { CAP, caps } from '../../lib/model/credentials.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { ptraceRefuses } from '../../lib/model/ptrace-access.ts';
import { refusal } from './world.ts';

function shell(options: { uid?: number; caps?: bigint } = {}): Task {
  return new Kernel({ memtrack: 'off' }).spawn({ pid: 100, credentials: options });
}

describe('a pid namespace', () => {
  test('numbers its tasks from 1, and they have a pid in each one above', () => {
    const task = shell();
    const init = task.clone(CLONE.NEWPID, { pid: 200 });
    const child = init.fork({ pid: 201 });
    const inner = child.clone(CLONE.NEWPID, { pid: 202 });
    expect([init, child, inner].map(({ numbers }) => numbers)).toEqual([
      [200, 1],
      [201, 2],
      [202, 3, 1],
    ]);
    expect(inner.pidIn(init.pidNamespace)).toBe(3);
    expect([task.pidIn(init.pidNamespace), child.pidIn(inner.pidNamespace)]).toEqual([0, 0]);
    expect(init.clone(CLONE_PTHREAD, { pid: 203 }).numbers).toEqual([203, 4]);
  });

  test('needs CAP_SYS_ADMIN, which a new user namespace gives', () => {
    expect(refusal(() => shell({ uid: 1000 }).clone(CLONE.NEWPID))).toBe('EPERM');
    expect(refusal(() => shell({ uid: 1000 }).unsharePid())).toBe('EPERM');
    expect(shell({ uid: 1000, caps: caps(CAP.SYS_ADMIN) }).clone(CLONE.NEWPID).numbers[1]).toBe(1);
    const inner = shell({ uid: 1000 }).clone(CLONE.NEWUSER | CLONE.NEWPID);
    expect([inner.numbers[1], inner.credentials.userNamespace.level]).toEqual([1, 1]);
  });

  test('takes in the children of who unshared it, the first of them as init', () => {
    const task = shell();
    task.unsharePid();
    expect(task.numbers).toEqual([100]);
    const [first, second] = [task.fork(), task.fork()];
    expect([first.numbers[1], second.numbers[1], first.pidNamespace.init]).toEqual([1, 2, first.group]);
    expect(refusal(() => task.unsharePid())).toBe('EINVAL');
    expect(refusal(() => task.clone(CLONE.NEWPID))).toBe('EINVAL');
    expect(refusal(() => task.clone(CLONE_PTHREAD))).toBe('EINVAL');
  });

  test('goes with its init: everyone is killed, nobody is born', () => {
    const task = shell();
    task.unsharePid();
    const init = task.fork();
    const [child, second] = [init.fork(), task.fork()];
    const grandchild = child.clone(CLONE.NEWPID);
    init.exitGroup();
    expect([child, grandchild, second].map(({ group }) => [group.alive, group.killed, group.reaped])).toEqual([
      [false, true, true],
      [false, true, true],
      [false, true, false],
    ]);
    expect(refusal(() => task.fork())).toBe('ENOMEM');
    expect(task.alive).toBe(true);
  });

  test('gives orphans to its init, which waits for them by its own numbers', () => {
    const task = shell();
    const init = task.clone(CLONE.NEWPID);
    const parent = init.fork();
    const orphan = parent.fork();
    parent.exitGroup();
    expect(orphan.parent).toBe(init);
    orphan.exitGroup(5);
    expect(init.wait(3)).toEqual({ pid: 3, status: 5, killed: false });
    expect(init.wait()).toMatchObject({ pid: 2 });
    expect(refusal(() => init.wait(orphan.tid))).toBe('ECHILD');
    expect(task.wait()).toBeNull();
  });

  test('has all numbers of a leader for the thread that takes its place', () => {
    const init = shell().clone(CLONE.NEWPID, { pid: 200 });
    const child = init.fork({ pid: 201 });
    const thread = child.clone(CLONE_PTHREAD, { pid: 202 });
    thread.exec();
    expect(thread.numbers).toEqual([201, 2]);
    expect(init.pidNamespace.pids.get(2)).toBe(thread);
    expect([init.pidNamespace.pids.get(3), init.kernel.task(202)]).toEqual([undefined, undefined]);
    thread.exitGroup();
    init.wait();
    expect(init.pidNamespace.pids.get(2)).toBeUndefined();
  });

  test.each([
    ['CLONE_NEWUSER with CLONE_FS', CLONE.NEWUSER | CLONE.FS],
    ['a thread with CLONE_NEWPID', CLONE_PTHREAD | CLONE.NEWPID],
    ['a thread with CLONE_NEWUSER', (CLONE_PTHREAD & ~CLONE.FS) | CLONE.NEWUSER],
  ])('%s is EINVAL', (_name, flags) => {
    expect(refusal(() => shell().clone(flags))).toBe('EINVAL');
  });

  test('its init has no siblings', () => {
    const init = shell().clone(CLONE.NEWPID);
    expect(refusal(() => init.clone(CLONE.PARENT))).toBe('EINVAL');
  });

  test('there are 32 below the first', () => {
    let task = shell();
    for (let level = 1; level <= 32; level++) task = task.clone(CLONE.NEWPID);
    expect(task.numbers).toHaveLength(33);
    expect(refusal(() => task.clone(CLONE.NEWPID))).toBe('ENOSPC');
  });
});

describe('a user namespace', () => {
  test('is unshared by a process without threads', () => {
    const task = shell({ uid: 1000 });
    task.clone(CLONE_PTHREAD);
    expect(refusal(() => task.unshareUser())).toBe('EINVAL');
  });

  test('is made by who has a number in the one above, 32 deep', () => {
    const task = shell({ uid: 1000 });
    task.unshareUser();
    expect(refusal(() => task.unshareUser())).toBe('EPERM');
    const root = shell();
    for (let level = 1; level <= 32; level++) {
      root.unshareUser();
      root.credentials.userNamespace.root = { uid: 0, gid: 0 };
    }
    expect(refusal(() => root.unshareUser())).toBe('ENOSPC');
  });

  test('lets who made it look at what runs in it, and not the other way', () => {
    const kernel = new Kernel({ memtrack: 'off' });
    const alice = kernel.spawn({ credentials: { uid: 1000 } });
    const inside = alice.clone(CLONE.NEWUSER);
    inside.setDumpable(0);
    // Its memory is still that of a program started outside.
    expect(ptraceRefuses(alice, inside)).toBe('dumpable');
    inside.exec('init');
    inside.setDumpable(0);
    expect(ptraceRefuses(alice, inside)).toBeNull();
    expect(ptraceRefuses(inside, alice)).toBe('capabilities');
    // No uid is 0 in it yet, so that exec has taken its capabilities.
    expect(ptraceRefuses(inside.fork(), inside)).toBe('dumpable');
    const bob = kernel.spawn({ credentials: { uid: 1001, caps: caps(CAP.KILL) } });
    expect(ptraceRefuses(bob, inside)).toBe('ids');
    expect(ptraceRefuses(kernel.spawn(), inside)).toBeNull();
  });
});
