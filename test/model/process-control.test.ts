import { describe, expect, test } from 'vitest';
import { caps, CAP } from '../../lib/model/credentials.ts';
import { WAIT } from '../../lib/model/exit.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import { openBuffer, refusal } from './world.ts';

describe('comm', () => {
  test.each([
    ['camera', 'camera'],
    ['a-long-enough-name', 'a-long-enough-n'],
    ['fourteen-bytesé', 'fourteen-bytes\udcc3'],
    ['cut\0here', 'cut'],
    ['', ''],
  ])('%j set by prctl or exec becomes %j', (name, comm) => {
    const task = new Kernel().spawn({ comm: 'sh' });
    const child = task.fork();
    task.setName(name);
    child.exec(name);
    expect([task.comm, child.comm]).toEqual([comm, comm]);
  });

  test('is a thread’s own; exec by a thread gives the process its name', () => {
    const task = new Kernel().spawn({ comm: 'main' });
    const thread = task.clone(CLONE_PTHREAD);
    thread.setName('worker');
    expect([task.comm, task.group.comm]).toEqual(['main', 'main']);
    thread.exec();
    expect(task.group.comm).toBe('worker');
  });
});

describe('orphans', () => {
  test('come to the nearest living subreaper, else to init', () => {
    const root = new Kernel().spawn();
    const reaper = root.fork();
    const middle = reaper.fork();
    const parent = middle.fork();
    const orphan = parent.fork();
    const zombie = parent.fork();
    for (const task of [root, reaper]) task.setChildSubreaper(true);
    zombie.exitGroup(4);
    parent.exitGroup();
    expect([orphan.parent, zombie.state]).toEqual([reaper, 'zombie']);
    expect(reaper.wait(zombie.pid)?.status).toBe(4);
    reaper.exitGroup();
    expect(orphan.parent).toBe(root);
    root.setChildSubreaper(false);
    root.exitGroup();
    expect(orphan.parent).toBeNull();
  });

  test('come to a thread that lives; being a subreaper is kept by exec and not inherited', () => {
    const reaper = new Kernel().spawn();
    const thread = reaper.clone(CLONE_PTHREAD);
    reaper.setChildSubreaper(true);
    const heir = reaper.fork();
    const parent = heir.fork();
    const orphan = parent.fork();
    expect(heir.group.subreaper).toBe(false);
    reaper.exit();
    parent.exitGroup();
    expect(orphan.group.parent).toBe(thread);
    thread.exec();
    const another = heir.fork();
    const last = another.fork();
    another.exitGroup();
    expect(last.group.parent).toBe(thread);
  });
});

describe('wait', () => {
  test('looks at what a child sends when it ends', () => {
    const task = new Kernel().spawn();
    const silent = task.clone(CLONE.FILES, { exitSignal: 0 });
    expect(refusal(() => task.wait())).toBe('ECHILD');
    expect(task.wait(undefined, WAIT.CLONE)).toBeNull();
    const child = task.fork();
    for (const each of [silent, child]) each.exitGroup();
    expect(task.wait(undefined, WAIT.CLONE)?.pid).toBe(silent.pid);
    expect(task.wait(undefined, WAIT.ALL)?.pid).toBe(child.pid);
    expect(refusal(() => task.wait(undefined, 4096))).toBe('EINVAL');
  });

  test('leaves the child as it is with WNOWAIT, and those of other threads with __WNOTHREAD', () => {
    const task = new Kernel().spawn();
    const thread = task.clone(CLONE_PTHREAD);
    const child = thread.fork();
    child.exitGroup(3);
    expect(refusal(() => task.wait(undefined, WAIT.NOTHREAD))).toBe('ECHILD');
    expect(thread.wait(child.pid, WAIT.NOWAIT | WAIT.NOTHREAD)?.status).toBe(3);
    expect(child.state).toBe('zombie');
    expect(task.wait()?.status).toBe(3);
    expect(child.state).toBe('dead');
  });

  test('takes any orphan for a child that sends SIGCHLD, and siblings by CLONE_PARENT for what the caller sends', () => {
    const root = new Kernel().spawn();
    root.setChildSubreaper(true);
    const child = root.clone(0, { exitSignal: 0 });
    const sibling = child.clone(CLONE.PARENT);
    const orphan = child.clone(0, { exitSignal: 0 });
    expect([sibling.group.exitSignal, orphan.group.exitSignal]).toEqual([0, 0]);
    child.exitGroup();
    expect(orphan.group.exitSignal).toBe(17);
    sibling.exec();
    expect(sibling.group.exitSignal).toBe(17);
  });
});

describe('setrlimit', () => {
  test('is bounded by the hard limit, and that by capability and nr_open', () => {
    const kernel = new Kernel({ nrOpen: 10000 });
    const root = kernel.spawn();
    const task = kernel.spawn({ credentials: { uid: 1000 } });
    expect(refusal(() => task.setrlimit(5000))).toBe('EINVAL');
    expect(refusal(() => task.setrlimit(0, 5000))).toBe('EPERM');
    task.setrlimit(20, 30);
    expect(refusal(() => task.setrlimit(20, 31))).toBe('EPERM');
    root.setrlimit(10000, 10000);
    expect(refusal(() => root.setrlimit(1, 10001))).toBe('EPERM');
    const child = root.fork();
    expect([child.group.nofile, child.group.nofileMax]).toEqual([10000, 10000]);
  });

  test('closes nothing; what is beyond stays open and can be closed, not made again', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    for (let fd = 0; fd < 4; fd++) task.install(openBuffer(kernel));
    task.setrlimit(2);
    expect(task.files.openFds).toBe(4);
    expect(refusal(() => task.dup(3))).toBe('EMFILE');
    expect(refusal(() => task.dup2(0, 3))).toBe('EBADF');
    expect(refusal(() => task.dupfd(0, 3))).toBe('EINVAL');
    expect(task.dup2(3, 3)).toBe(3);
    task.close(3);
    task.close(1);
    expect(task.dup(2)).toBe(1);
  });
});

describe('clone', () => {
  test.each([
    [CLONE.PIDFD | CLONE.PARENT_SETTID, 'EINVAL'],
    [CLONE.PIDFD | CLONE.DETACHED, 'EINVAL'],
    [CLONE.NEWIPC | CLONE.SYSVSEM, 'EINVAL'],
  ])('refuses flags %i', (flags, code) => {
    expect(refusal(() => new Kernel().spawn().clone(flags))).toBe(code);
  });

  test('makes namespaces only for who has CAP_SYS_ADMIN, or a user namespace too', () => {
    const task = new Kernel().spawn({ credentials: { uid: 1000 } });
    for (const flag of [CLONE.NEWNS, CLONE.NEWUTS, CLONE.NEWIPC, CLONE.NEWNET, CLONE.NEWCGROUP])
      expect(refusal(() => task.clone(flag))).toBe('EPERM');
    task.clone(CLONE.NEWNS | CLONE.NEWUSER);
    const admin = task.kernel.spawn({ credentials: { uid: 1000, caps: caps(CAP.SYS_ADMIN) } });
    admin.clone(CLONE.NEWNET);
  });

  test('and its like refuse options that do not exist', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    const fd = task.install(openBuffer(kernel));
    const [socket] = task.socketpair();
    const wrong = { typo: 1 } as object;
    expect(() => task.fork(wrong)).toThrow(/unknown option 'typo'/);
    expect(() => task.clone(CLONE.FILES, wrong)).toThrow(TypeError);
    expect(() => kernel.spawn(wrong)).toThrow(TypeError);
    expect(() => task.mmap({ fd, length: 4096, ...wrong })).toThrow(TypeError);
    expect(() => task.mapFile(task.file(fd), { length: 4096, ...wrong })).toThrow(TypeError);
    expect(() => task.install(openBuffer(kernel), wrong)).toThrow(TypeError);
    expect(() => task.reserve(wrong)).toThrow(TypeError);
    expect(() => task.socketpair(wrong)).toThrow(TypeError);
    expect(() => task.recvmsg(socket, wrong)).toThrow(TypeError);
    expect([task.files.openFds, task.mm.vmas.length, [...kernel.tasks()].length]).toEqual([3, 0, 1]);
  });
});

describe('a reserved descriptor', () => {
  test('has no file until it is published, and is free again if it is given back', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    const fd = task.reserve({ cloexec: true });
    expect(refusal(() => task.file(fd))).toBe('EBADF');
    expect(refusal(() => task.close(fd))).toBe('EBADF');
    const other = task.install(openBuffer(kernel));
    expect([fd, other]).toEqual([0, 1]);
    expect(refusal(() => task.dup2(other, fd))).toBe('EBUSY');
    expect(refusal(() => task.publish(other, openBuffer(kernel)))).toBe('EBUSY');
    expect(refusal(() => task.publish(5, openBuffer(kernel)))).toBe('EBADF');
    const file = openBuffer(kernel);
    task.publish(fd, file);
    expect([task.file(fd), task.files.cloexec(fd), task.files.openFds]).toEqual([file, true, 2]);
    expect(refusal(() => task.unreserve(fd))).toBe('EBADF');
    const again = task.reserve({ from: 7 });
    task.unreserve(again);
    expect([again, task.dupfd(other, 7)]).toEqual([7, 7]);
    task.setrlimit(3);
    task.reserve();
    expect(refusal(() => task.reserve())).toBe('EMFILE');
  });

  test('is free in the copy of a table, and takes close-on-exec from close_range', () => {
    const kernel = new Kernel();
    const task = kernel.spawn();
    const fd = task.reserve();
    expect(task.fork().install(openBuffer(kernel))).toBe(fd);
    task.closeRange(0, 10, 4);
    task.publish(fd, openBuffer(kernel));
    expect(task.files.cloexec(fd)).toBe(true);
    task.exec();
    expect(task.files.openFds).toBe(0);
  });
});

describe('pidfd_getfd', () => {
  test('asks by real ids and permitted capabilities, and for dumpable memory', () => {
    const kernel = new Kernel();
    const [owner, same, other] = [1000, 1000, 1001].map((uid) => kernel.spawn({ credentials: { uid, gid: 1000 } }));
    const fd = owner!.install(openBuffer(kernel));
    expect(same!.pidfdGetfd(owner!, fd)).toBe(0);
    expect(refusal(() => other!.pidfdGetfd(owner!, fd))).toBe('EPERM');
    expect(refusal(() => same!.pidfdGetfd(owner!, 9))).toBe('EBADF');
    owner!.setDumpable(0);
    expect(refusal(() => same!.pidfdGetfd(owner!, fd))).toBe('EPERM');
    expect(owner!.clone(CLONE_PTHREAD).pidfdGetfd(owner!, fd)).toBe(1);
    const { credentials } = other!;
    other!.credentials = { ...credentials, uid: { ...credentials.uid, effective: 1000, fs: 1000 } };
    owner!.setDumpable(1);
    expect(refusal(() => other!.pidfdGetfd(owner!, fd))).toBe('EPERM');
    expect(kernel.spawn().pidfdGetfd(owner!, fd)).toBe(0);
  });
});
