import { describe, expect, test } from 'vitest';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import { openBuffer, refusal } from './world.ts';

describe('clone', () => {
  test('refuses the flag combinations that Linux refuses, and makes no task', () => {
    const task = new Kernel().spawn();
    expect(refusal(() => task.clone(CLONE.THREAD | CLONE.VM))).toBe('EINVAL');
    expect(refusal(() => task.clone(CLONE.SIGHAND))).toBe('EINVAL');
    expect(refusal(() => task.clone(CLONE.NEWNS | CLONE.FS))).toBe('EINVAL');
    expect([...task.kernel.tasks()]).toEqual([task]);
    expect(task.clone(CLONE.FILES).files).toBe(task.files);
    expect(task.clone(CLONE.VM).mm).toBe(task.mm);
  });

  test('a thread has a tid of its own in its group, a child leads another', () => {
    const task = new Kernel().spawn({ pid: 100, comm: 'p1' });
    const thread = task.clone(CLONE_PTHREAD, { pid: 101 });
    const child = thread.fork({ pid: 102 });
    expect([thread.pid, thread.tid, thread.leader]).toEqual([100, 101, task]);
    expect([child.pid, child.parent, child.comm]).toEqual([102, task, 'p1']);
    expect(task.group.threads).toEqual([task, thread]);
  });

  test("CLONE_PARENT gives the caller's parent, vfork shares memory and copies the table", () => {
    const task = new Kernel().spawn();
    const child = task.fork();
    expect(child.clone(CLONE.PARENT).parent).toBe(task);
    const vforked = child.vfork();
    expect(vforked.mm).toBe(child.mm);
    expect(vforked.files).not.toBe(child.files);
  });

  test('a live task keeps its pid; one that ended gives it up', () => {
    const kernel = new Kernel();
    const task = kernel.spawn({ pid: 100 });
    const child = task.fork({ pid: 101 });
    expect(refusal(() => task.fork({ pid: 101 }))).toBe('EEXIST');
    expect(refusal(() => kernel.spawn({ pid: 100 }))).toBe('EEXIST');
    child.exitGroup();
    const reused = task.fork({ pid: 101 });
    expect(kernel.task(101)).toBe(reused);
    expect(child.group.reaped).toBe(true);
    expect(reused.key).not.toBe(child.key);
  });

  test('pids go up and wrap; when all are taken clone is EAGAIN', () => {
    const kernel = new Kernel({ pidMax: 6 });
    const task = kernel.spawn();
    const pids = [task, task.fork(), task.fork(), task.fork()].map((each) => each.pid);
    expect(pids).toEqual([2, 3, 4, 5]);
    expect(refusal(() => task.fork())).toBe('EAGAIN');
    kernel.task(3)!.kill(9);
    task.wait();
    expect(task.fork().pid).toBe(3);
  });
});

describe('wait', () => {
  test("takes the caller's own children before those of its fellow threads", () => {
    const task = new Kernel().spawn();
    const thread = task.clone(CLONE_PTHREAD);
    const [first, second] = [thread.fork(), task.fork()];
    first.exitGroup(1);
    second.exitGroup(2);
    expect([task.wait()?.pid, task.wait()?.pid]).toEqual([second.pid, first.pid]);
  });

  test('children of a thread that ends go behind those of the first that lives', () => {
    const task = new Kernel().spawn();
    const thread = task.clone(CLONE_PTHREAD);
    const [first, second] = [thread.fork(), task.fork()];
    for (const child of [first, second]) child.exitGroup();
    thread.exit();
    expect(first.group.parent).toBe(task);
    expect([task.wait()?.pid, task.wait()?.pid]).toEqual([second.pid, first.pid]);
  });
});

describe('exit', () => {
  test('of a thread changes nothing for the others', () => {
    const task = new Kernel().spawn();
    const file = openBuffer(task.kernel);
    task.install(file);
    const thread = task.clone(CLONE_PTHREAD);
    thread.exit();
    expect(thread.alive).toBe(false);
    expect(task.kernel.task(thread.tid)).toBeUndefined();
    expect(file.refs).toBe(1);
    expect(refusal(() => thread.files)).toBe('ESRCH');
    expect(refusal(() => thread.exit())).toBe('ESRCH');
  });

  test('of the leader first leaves a zombie leader and a living process', () => {
    const parent = new Kernel().spawn();
    const leader = parent.fork();
    leader.install(openBuffer(parent.kernel));
    const thread = leader.clone(CLONE_PTHREAD);
    leader.exit(5);
    expect([leader.state, leader.group.alive, thread.file(0).refs]).toEqual(['zombie', true, 1]);
    expect(parent.wait()).toBeNull();
    thread.exit(7);
    expect(parent.wait()).toEqual({ pid: leader.pid, status: 7, killed: false });
    expect(leader.state).toBe('dead');
    expect(refusal(() => parent.wait())).toBe('ECHILD');
  });

  test("of the last user closes a table's files and unmaps its memory", () => {
    const task = new Kernel().spawn();
    const file = openBuffer(task.kernel);
    task.install(file);
    task.mmap({ fd: 0, length: 4096 });
    const sibling = task.clone(CLONE.FILES);
    expect(file.refs).toBe(3);
    task.exitGroup();
    expect(file.refs).toBe(2);
    sibling.exitGroup();
    expect([file.refs, file.buffer!.alive]).toEqual([0, false]);
  });

  test('by a signal is told from exit, for the parent and afterwards', () => {
    const kernel = new Kernel();
    const parent = kernel.spawn();
    const child = parent.fork();
    child.clone(CLONE_PTHREAD);
    kernel.now = 7n;
    child.kill(9);
    expect(kernel.snapshot().processes.state).toEqual(['alive', 'zombie']);
    expect(parent.wait(child.pid)).toEqual({ pid: child.pid, status: 9, killed: true });
    expect(kernel.snapshot().processes).toMatchObject({ state: ['alive', 'killed'], status: [NaN, 9] });
    expect(child.group.endTime).toBe(7n);
    expect(refusal(() => child.kill(9))).toBe('ESRCH');
  });

  test('of a parent leaves its children to init, which reaps them', () => {
    const kernel = new Kernel();
    const parent = kernel.spawn();
    const zombie = parent.fork();
    const orphan = parent.fork();
    zombie.exitGroup();
    parent.exitGroup();
    expect([zombie.group.reaped, parent.group.reaped, orphan.parent]).toEqual([true, true, null]);
    orphan.exitGroup(3);
    expect(kernel.snapshot().processes.state).toEqual(['exited', 'exited', 'exited']);
    expect([...kernel.tasks()]).toEqual([]);
  });
});

describe('exec', () => {
  test('drops mappings and close-on-exec fds and keeps the rest under their numbers', () => {
    const task = new Kernel().spawn({ comm: 'sh' });
    const file = openBuffer(task.kernel);
    task.install(file, { cloexec: true });
    task.dup(0);
    task.mmap({ fd: 0, length: 4096 });
    task.exec('viewer');
    expect([file.refs, task.files.get(0), task.files.get(1), task.comm]).toEqual([1, null, file, 'viewer']);
    expect(task.mm.vmas).toEqual([]);
  });

  test("by a thread ends the others and takes over the leader's pid", () => {
    const kernel = new Kernel();
    const leader = kernel.spawn({ pid: 100 });
    leader.install(openBuffer(kernel));
    const thread = leader.clone(CLONE_PTHREAD, { pid: 101 });
    const other = leader.clone(CLONE_PTHREAD, { pid: 102 });
    thread.exec();
    expect([leader.alive, other.alive, thread.alive]).toEqual([false, false, true]);
    expect([thread.tid, thread.pid, thread.leader]).toEqual([100, 100, thread]);
    expect([kernel.task(100), kernel.task(101), kernel.task(102)]).toEqual([thread, undefined, undefined]);
    expect(thread.file(0).refs).toBe(1);
    expect(kernel.groups).toHaveLength(1);
  });

  test('with a table shared by another process leaves that process its own', () => {
    const task = new Kernel().spawn();
    const file = openBuffer(task.kernel);
    task.install(file, { cloexec: true });
    const sibling = task.clone(CLONE.FILES);
    sibling.exec();
    expect([task.file(0), sibling.files.get(0), file.refs]).toEqual([file, null, 1]);
  });

  test('of a vforked child leaves the parent its memory', () => {
    const task = new Kernel().spawn();
    const file = openBuffer(task.kernel);
    task.install(file);
    task.mmap({ fd: 0, length: 4096 });
    const child = task.vfork();
    child.exec();
    expect([task.mm.vmas.length, child.mm.vmas.length, file.refs]).toEqual([1, 0, 3]);
  });
});
