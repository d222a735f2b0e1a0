/** Binder's descriptors: put into, and closed in, another task's table, in both semantics. */
import { describe, expect, test } from 'vitest';
import type { BinderProcess } from '../../lib/drivers/binder-process.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE, CLONE_PTHREAD, PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseMemtrack } from '../../lib/procfs/memtrack.ts';
import { refusal } from '../model/world.ts';

type Semantics = 'intended' | 'posted';
const BOTH: readonly Semantics[] = ['intended', 'posted'];

interface Member {
  readonly task: Task;
  readonly device: number;
  readonly binder: BinderProcess;
}

function join(kernel: Machine, comm: string): Member {
  const task = kernel.spawn({ comm });
  const device = kernel.binder.open(task);
  task.mmap({ fd: device, length: 1 << 20, prot: PROT.READ, shared: false });
  return { task, device, binder: kernel.binder.process(task, device) };
}

/** A buffer of ION in the task's table; nothing else refers to it. */
function ionFd(kernel: Machine, task: Task, tag: string): number {
  const ion = kernel.ion();
  const device = ion.open(task);
  const handle = ion.alloc(task, device, { size: 4096 });
  ion.tag(task, device, handle, tag);
  const fd = ion.share(task, device, handle);
  task.close(device);
  return fd;
}

function tags(kernel: Machine, { pid }: Task): readonly string[] {
  return parseMemtrack(kernel.read(`/proc/${pid}/memtrack`))?.rows.map(({ tag }) => tag ?? '') ?? [];
}

/** ref_count of the only row. */
function handles(kernel: Machine, { pid }: Task): number | undefined {
  return parseMemtrack(kernel.read(`/proc/${pid}/memtrack`))?.rows[0]?.userspaceHandles;
}

describe.each(BOTH)('%s', (semantics) => {
  test('an allocator service passes buffers on, and both show what each has', () => {
    using kernel = new Machine({ semantics });
    const gralloc = join(kernel, 'gralloc');
    const app = join(kernel, 'app');
    const flinger = join(kernel, 'flinger');
    const made = ionFd(kernel, gralloc.task, 'FRAME');
    const [inApp] = kernel.binder.transact(gralloc.task, gralloc.device, app.binder, [made]);
    gralloc.task.close(made);
    const [inFlinger] = kernel.binder.transact(app.task, app.device, flinger.binder, [inApp!]);
    expect(app.task.file(inApp!)).toBe(flinger.task.file(inFlinger!));
    expect([app.task.files.cloexec(inApp!), inFlinger]).toEqual([true, 1]);
    expect([gralloc, app, flinger].map(({ task }) => tags(kernel, task))).toEqual([[], ['FRAME'], ['FRAME']]);
    expect(handles(kernel, flinger.task)).toBe(2);
    app.task.exitGroup();
    expect(handles(kernel, flinger.task)).toBe(1);
    expect(kernel.snapshot().buffers.refs).toEqual([1]);
  });

  test("the fd is the target's before the target does anything, whoever runs", () => {
    using kernel = new Machine({ semantics });
    const sender = join(kernel, 'sender');
    const target = join(kernel, 'target');
    const fd = ionFd(kernel, sender.task, 'FRAME');
    const twice = kernel.binder.transact(sender.task, sender.device, target.binder, [fd, fd]);
    expect(twice).toEqual([1, 2]);
    sender.task.exitGroup();
    expect(tags(kernel, target.task)).toEqual(['FRAME']);
    target.task.close(1);
    expect(tags(kernel, target.task)).toEqual(['FRAME']);
    target.task.close(2);
    expect([tags(kernel, target.task), kernel.buffers.size]).toEqual([[], 0]);
  });

  test('a transaction that fails half-way closes in the target what it had put there', () => {
    using kernel = new Machine({ semantics });
    const sender = join(kernel, 'sender');
    const target = join(kernel, 'target');
    const fds = ['A', 'B', 'C'].map((tag) => ionFd(kernel, sender.task, tag));
    target.task.group.nofile = 3;
    expect(refusal(() => kernel.binder.transact(sender.task, sender.device, target.binder, fds))).toBe('EMFILE');
    expect([tags(kernel, target.task), target.task.files.openFds]).toEqual([[], 1]);
    expect(tags(kernel, sender.task)).toEqual(['A', 'B', 'C']);
    expect(refusal(() => kernel.binder.transact(sender.task, sender.device, target.binder, [fds[0]!, 99]))).toBe(
      'EBADF',
    );
    expect([tags(kernel, target.task), target.task.files.openFds, handles(kernel, sender.task)]).toEqual([[], 1, 1]);
    expect(kernel.binder.transact(sender.task, sender.device, target.binder, fds.slice(0, 2))).toEqual([1, 2]);
  });

  test("who takes no fds, never mapped the device, has exec'd or exited, gets none", () => {
    using kernel = new Machine({ semantics });
    const sender = join(kernel, 'sender');
    const fd = ionFd(kernel, sender.task, 'FRAME');
    const to = (target: BinderProcess, acceptFds = true): string =>
      refusal(() => kernel.binder.transact(sender.task, sender.device, target, [fd], { acceptFds }));
    const target = join(kernel, 'target');
    expect(to(target.binder, false)).toBe('EPERM');
    const unmapped = kernel.spawn();
    expect(to(kernel.binder.process(unmapped, kernel.binder.open(unmapped)))).toBe('ESRCH');
    target.task.exec('other');
    expect(to(target.binder)).toBe('ESRCH');
    const dying = join(kernel, 'dying');
    dying.task.exitGroup();
    expect(to(dying.binder)).toBe('ESRCH');
    expect([handles(kernel, sender.task), kernel.snapshot().buffers.refs]).toEqual([1, [1]]);
  });

  test('a transaction without fds passes nothing', () => {
    using kernel = new Machine({ semantics });
    const [sender, target] = [join(kernel, 'sender'), join(kernel, 'target')];
    expect(kernel.binder.transact(sender.task, sender.device, target.binder, [])).toEqual([]);
    expect(kernel.binder.faults.size).toBe(0);
  });
});

test('the device refuses a writable mapping, a second one, and what is not it', () => {
  using kernel = new Machine();
  const { task, device, binder } = join(kernel, 'a');
  const map = (prot: number) => (): unknown => task.mmap({ fd: device, length: 4096, prot, shared: false });
  expect([refusal(map(PROT.READ | PROT.WRITE)), refusal(map(PROT.READ))]).toEqual(['EPERM', 'EBUSY']);
  const memfd = kernel.memfdCreate(task, 'x');
  expect(refusal(() => kernel.binder.process(task, memfd))).toBe('ENOTTY');
  expect(refusal(() => kernel.binder.process(task, 99))).toBe('EBADF');
  expect(refusal(() => kernel.binder.transact(task, memfd, binder, []))).toBe('ENOTTY');
  expect(() => kernel.binder.transact(task, device, null as never, [])).toThrow(TypeError);
  expect(() => kernel.binder.transact(task, device, binder, 5 as never)).toThrow(TypeError);
  task.munmap(task.mm.vmas[0]!.start, 1 << 20);
  map(PROT.READ)();
  expect(binder.files).toBe(task.files);
  task.group.nofile = 1;
  expect(refusal(() => kernel.binder.open(task))).toBe('EMFILE');
});

describe('B30: who opened the device has gone its own way', () => {
  test.each([
    ['intended', [1], ['FRAME'], []],
    ['posted', 'EFAULT', [], [['nullFiles', 1]]],
  ] as const)('its leader ended and threads go on, %s', (semantics, outcome, shown, faults) => {
    using kernel = new Machine({ semantics });
    const sender = join(kernel, 'sender');
    const target = join(kernel, 'target');
    const fd = ionFd(kernel, sender.task, 'FRAME');
    target.task.clone(CLONE_PTHREAD);
    target.task.exit();
    const send = (): unknown => kernel.binder.transact(sender.task, sender.device, target.binder, [fd]);
    expect(semantics === 'posted' ? refusal(send) : send()).toEqual(outcome);
    expect([...kernel.binder.faults]).toEqual(faults);
    const { threads } = target.task.group;
    expect(threads[0]!.files.openFds).toBe(semantics === 'posted' ? 1 : 2);
    expect(tags(kernel, target.task)).toEqual(shown);
  });

  test.each([
    ['intended', [1], 2],
    ['posted', 'EMFILE', 1],
  ] as const)('a thread opened it, and ended, %s', (semantics, outcome, open) => {
    using kernel = new Machine({ semantics });
    const sender = join(kernel, 'sender');
    const leader = kernel.spawn();
    const thread = leader.clone(CLONE_PTHREAD);
    const device = kernel.binder.open(thread);
    thread.mmap({ fd: device, length: 4096, prot: PROT.READ, shared: false });
    const target = kernel.binder.process(thread, device);
    const fd = ionFd(kernel, sender.task, 'FRAME');
    thread.exit();
    const send = (): unknown => kernel.binder.transact(sender.task, sender.device, target, [fd]);
    expect(semantics === 'posted' ? refusal(send) : send()).toEqual(outcome);
    expect([leader.files.openFds, kernel.binder.faults.size]).toEqual([open, 0]);
  });

  test.each([
    ['intended', 'sibling', []],
    ['posted', 'opener', [['wrongTable', 1]]],
  ] as const)('it has left the table for one of its own, %s', (semantics, gets, faults) => {
    using kernel = new Machine({ semantics });
    const sender = join(kernel, 'sender');
    const opener = join(kernel, 'opener');
    const sibling = opener.task.clone(CLONE.FILES);
    opener.task.unshareFiles();
    const fd = ionFd(kernel, sender.task, 'FRAME');
    expect(kernel.binder.transact(sender.task, sender.device, opener.binder, [fd])).toEqual([1]);
    const has = (task: Task): boolean => task.files.get(1) !== null;
    expect([has(opener.task), has(sibling)]).toEqual([gets === 'opener', gets === 'sibling']);
    expect([...kernel.binder.faults]).toEqual(faults);
    // As posted, the number stays reserved in the table that it was taken from.
    expect(sibling.files.lowestFree()).toBe(2);
    expect([opener.task, sibling].map((task) => tags(kernel, task))).toEqual(
      gets === 'opener' ? [['FRAME'], []] : [[], ['FRAME']],
    );
  });

  test('posted: the number may be taken in the other table, which is a BUG there', () => {
    using kernel = new Machine({ semantics: 'posted' });
    const sender = join(kernel, 'sender');
    const opener = join(kernel, 'opener');
    opener.task.clone(CLONE.FILES);
    opener.task.unshareFiles();
    kernel.memfdCreate(opener.task, 'in the way');
    const fd = ionFd(kernel, sender.task, 'FRAME');
    expect(refusal(() => kernel.binder.transact(sender.task, sender.device, opener.binder, [fd]))).toBe('EBUSY');
    expect([...kernel.binder.faults]).toEqual([
      ['wrongTable', 1],
      ['slotTaken', 1],
    ]);
    expect([tags(kernel, opener.task), kernel.snapshot().buffers.refs]).toEqual([[], [0 + 1, 1]]);
  });
});
