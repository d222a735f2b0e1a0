/**
 * Where the first patch of the 2016 series calls its hooks, `installed` and `uninstalled`, and where not: the commands that each
 * call of the model sends, in both semantics. docs/defects.md has the same as a table.
 */
import { describe, expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE, CLOSE_RANGE, PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { openBuffer, Recorder } from '../model/world.ts';
import type { Semantics } from './world.ts';

const BOTH: readonly Semantics[] = ['posted', 'intended'];

interface Scene {
  readonly kernel: Machine;
  /** Key 1; buffer 1 is its fd 0. */
  readonly task: Task;
  /** The commands of one call, without `commands of what` it is about. */
  readonly sent: (call: () => unknown) => readonly string[];
}

function start(semantics: Semantics): Scene {
  const recorder = new Recorder();
  const kernel = new Machine({ semantics, tracker: recorder });
  const task = kernel.spawn();
  task.install(openBuffer(kernel));
  recorder.take(kernel);
  return {
    kernel,
    task,
    sent: (call) => {
      call();
      return recorder.take(kernel);
    },
  };
}

const INSTALL = 'install task=1 buffer=1';
const UNINSTALL = 'uninstall task=1 buffer=1';

describe.each(BOTH)('%s: installed is called', (semantics) => {
  test('by fd_install of a new file, dup, F_DUPFD', () => {
    const { kernel, task, sent } = start(semantics);
    expect(sent(() => task.install(openBuffer(kernel)))).toEqual([
      'init buffer=2 size=0x100000',
      'install task=1 buffer=2',
    ]);
    expect(sent(() => task.dup(0))).toEqual([INSTALL]);
    expect(sent(() => task.dupfd(0, 7, true))).toEqual([INSTALL]);
  });

  test('by dup2 and dup3 for the new file', () => {
    const { task, sent } = start(semantics);
    expect(sent(() => task.dup2(0, 5))).toEqual([INSTALL]);
    expect(sent(() => task.dup3(0, 6))).toEqual([INSTALL]);
    expect(sent(() => task.dup2(0, 0))).toEqual([]);
  });

  test('for the receiver of SCM_RIGHTS, not while in flight', () => {
    const { kernel, task, sent } = start(semantics);
    const [left, right] = task.socketpair();
    const receiver = kernel.spawn();
    receiver.install(task.file(right).get());
    sent(() => undefined);
    expect(sent(() => task.sendmsg(left, [0, 0]))).toEqual([]);
    expect(sent(() => task.close(0))).toEqual([UNINSTALL]);
    expect(sent(() => receiver.recvmsg(0))).toEqual(['install task=2 buffer=1', 'install task=2 buffer=1']);
    expect(sent(() => receiver.closeRange(1, 2))).toEqual([
      'uninstall task=2 buffer=1',
      'uninstall task=2 buffer=1',
      'remove buffer=1',
    ]);
  });

  test("for the taker of another process's fd", () => {
    const { kernel, task, sent } = start(semantics);
    const taker = kernel.spawn();
    sent(() => undefined);
    expect(sent(() => taker.pidfdGetfd(task, 0))).toEqual(['install task=2 buffer=1']);
  });

  test("for the process that opened binder's device, and when a transaction fails, uninstalled", () => {
    const { kernel, task, sent } = start(semantics);
    const target = kernel.spawn();
    const device = kernel.binder.open(target);
    target.mmap({ fd: device, length: 4096, prot: PROT.READ, shared: false });
    const own = kernel.binder.open(task);
    const pass = (fds: readonly number[]) => () =>
      kernel.binder.transact(task, own, kernel.binder.process(target, device), fds);
    sent(() => undefined);
    expect(sent(pass([0]))).toEqual(['install task=2 buffer=1']);
    expect(sent(() => expect(pass([0, 99])).toThrow('EBADF'))).toEqual([
      'install task=2 buffer=1',
      'uninstall task=2 buffer=1',
    ]);
  });
});

describe.each(BOTH)('%s: uninstalled is called', (semantics) => {
  test('by close and close_range, not for marking close-on-exec', () => {
    const { task, sent } = start(semantics);
    task.dup(0);
    task.dup(0);
    sent(() => undefined);
    expect(sent(() => task.close(0))).toEqual([UNINSTALL]);
    expect(sent(() => task.closeRange(0, 9, CLOSE_RANGE.CLOEXEC))).toEqual([]);
    expect(sent(() => task.closeRange(0, 9))).toEqual([UNINSTALL, UNINSTALL, 'remove buffer=1']);
  });

  test('by exec for what is close-on-exec, after the mappings went', () => {
    const { task, sent } = start(semantics);
    task.dupfd(0, 3, true);
    task.mmap({ fd: 0, length: 4096 });
    sent(() => undefined);
    expect(sent(() => task.exec())).toEqual(['exec task=1', UNINSTALL]);
  });

  test('for the acting task, whoever installed', () => {
    const { task, sent } = start(semantics);
    const sibling = task.clone(CLONE.FILES);
    sent(() => undefined);
    expect(sent(() => sibling.close(0))).toEqual(['uninstall task=2 buffer=1', 'remove buffer=1']);
  });
});

describe('nobody is called', () => {
  test.each([
    ['posted', [INSTALL]],
    ['intended', [INSTALL, 'uninstall task=1 buffer=2']],
  ] as const)('for the file that dup2 displaces, %s', (semantics, commands) => {
    const { kernel, task, sent } = start(semantics);
    const spare = openBuffer(kernel);
    task.install(spare.get());
    sent(() => undefined);
    expect(sent(() => task.dup2(0, 1))).toEqual(commands);
    expect(spare.refs).toBe(1);
  });

  test.each(BOTH)('when the last user of a table exits, %s: the core is told of the exit alone', (semantics) => {
    const { task, sent } = start(semantics);
    task.dup(0);
    sent(() => undefined);
    expect(sent(() => task.exitGroup())).toEqual(['exit task=1 flags=1', 'remove buffer=1']);
  });

  test.each(BOTH)('when fork and unshare copy a table, %s: the core copies by itself', (semantics) => {
    const { task, sent } = start(semantics);
    expect(sent(() => task.fork({ pid: 50 }))).toEqual(['fork task=1 aux=2 size=50']);
    const sibling = task.clone(CLONE.FILES);
    sent(() => undefined);
    expect(sent(() => sibling.unshareFiles())).toEqual(['unshare task=3']);
    expect(sent(() => sibling.unshareFiles())).toEqual([]);
  });

  test.each(BOTH)('when a queued message is dropped, %s', (semantics) => {
    const { task, sent } = start(semantics);
    const [left, right] = task.socketpair();
    task.sendmsg(left, [0]);
    task.close(0);
    sent(() => undefined);
    expect(sent(() => task.close(right))).toEqual(['remove buffer=1']);
  });

  test.each(BOTH)('when an fd number is only reserved, %s', (semantics) => {
    const { task, sent } = start(semantics);
    expect(sent(() => task.files.reserve(5))).toEqual([]);
    expect(sent(() => task.files.unreserve(5))).toEqual([]);
  });

  test('without memtrack: no command is sent at all', () => {
    const recorder = new Recorder();
    const kernel = new Machine({ memtrack: 'off', tracker: recorder });
    const task = kernel.spawn();
    task.install(openBuffer(kernel));
    task.fork().exitGroup();
    expect([recorder.take(kernel), kernel.tracker]).toEqual([[], null]);
  });
});
