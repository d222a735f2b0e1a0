import { describe, expect, test } from 'vitest';
import { CLONE, PROT } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { APART, MERGING, openBuffer, PLAIN, Recorder } from './world.ts';

function start(options: KernelOptions = {}): { kernel: Kernel; task: Task; said: () => readonly string[] } {
  const recorder = new Recorder();
  const kernel = new Kernel({ ...options, tracker: recorder });
  const task = kernel.spawn({ pid: 100 });
  task.install(openBuffer(kernel));
  recorder.take(kernel);
  return { kernel, task, said: () => recorder.take(kernel) };
}

describe('the core is told', () => {
  test('of a buffer from its first reference to its last', () => {
    const { kernel, task, said } = start();
    const fd = task.install(openBuffer(kernel, MERGING, 8192));
    task.file(fd).buffer!.setTag('CAMERA');
    task.file(fd).buffer!.resize(4096);
    task.close(fd);
    expect(said()).toEqual([
      'init buffer=2 size=8192',
      'install task=1 buffer=2',
      'setTag buffer=2 aux=1',
      'resize buffer=2 size=4096',
      'uninstall task=1 buffer=2',
      'remove buffer=2',
    ]);
  });

  test('of fork, exec and exit by one command each, and of close-on-exec fds', () => {
    const { task, said } = start();
    task.setCloexec(0, true);
    const child = task.fork({ pid: 101 });
    const thread = child.clone(CLONE.VM | CLONE.SIGHAND | CLONE.THREAD | CLONE.FILES, { pid: 102 });
    thread.exit();
    child.exec();
    task.exitGroup();
    expect(said()).toEqual([
      'fork task=1 aux=2 size=101',
      'fork task=2 aux=3 size=102 flags=7',
      'exit task=3',
      'exec task=2',
      'uninstall task=2 buffer=1',
      'exit task=1 flags=1',
      'remove buffer=1',
    ]);
  });

  test('of mappings, their split, change and joining', () => {
    const { task, said } = start();
    const at = { fd: 0, address: 0x1000, fixed: true };
    task.mmap({ ...at, length: 0x4000 });
    task.munmap(0x2000, 0x1000);
    task.mprotect(0x3000, 0x1000, PROT.READ);
    task.mprotect(0x3000, 0x1000, PROT.READ | PROT.WRITE);
    task.mmap({ ...at, address: 0x2000, offset: 0x1000, length: 0x1000 });
    task.mremap(0x1000, 0x4000, 0x1000);
    task.munmap(0x1000, 0x1000);
    expect(said()).toEqual([
      'vmOpen task=1 buffer=1 aux=11 size=4096 p=20480',
      'vmAdjust task=1 buffer=1 aux=11 size=4096 p=8192 rs=4096',
      'vmOpen task=1 buffer=1 aux=11 size=12288 p=20480 q=8192',
      'vmAdjust task=1 buffer=1 aux=9 size=12288 p=16384 q=8192 rs=12288',
      'vmOpen task=1 buffer=1 aux=11 size=16384 p=20480 q=12288',
      'vmClose task=1 buffer=1 size=12288',
      'vmAdjust task=1 buffer=1 aux=11 size=16384 p=20480 q=8192 rs=12288',
      'vmClose task=1 buffer=1 size=12288',
      'vmAdjust task=1 buffer=1 aux=11 size=4096 p=20480 rs=4096',
      'vmAdjust task=1 buffer=1 aux=11 size=4096 p=8192 rs=4096',
      'vmClose task=1 buffer=1 size=4096',
    ]);
  });

  test('of unshare only if the table is shared', () => {
    const { task, said } = start();
    task.unshareFiles();
    expect(said()).toEqual([]);
    const sibling = task.clone(CLONE.FILES, { pid: 101 });
    sibling.unshareFiles();
    sibling.close(0);
    expect(said()).toEqual(['fork task=1 aux=2 size=101 flags=1', 'unshare task=2', 'uninstall task=2 buffer=1']);
  });

  test('of a file in flight when it leaves and when it arrives', () => {
    const { kernel, task, said } = start();
    const [left, right] = task.socketpair();
    task.sendmsg(left, [0]);
    task.close(0);
    expect(said()).toEqual(['uninstall task=1 buffer=1']);
    task.recvmsg(right);
    expect(said()).toEqual(['install task=1 buffer=1']);
    expect(kernel.buffers.size).toBe(1);
  });

  test('nothing with memtrack off', () => {
    const { kernel, task, said } = start({ memtrack: 'off' });
    task.fork().exec();
    expect(said()).toEqual([]);
    expect(kernel.tracker).toBeNull();
  });
});

describe('dup2 over an open fd', () => {
  test('tells of the displaced file', () => {
    const { kernel, task, said } = start();
    task.install(openBuffer(kernel));
    said();
    task.dup2(0, 1);
    expect(said()).toEqual(['install task=1 buffer=1', 'uninstall task=1 buffer=2', 'remove buffer=2']);
  });

  test('does not in posted, where the hook is missing', () => {
    const { kernel, task, said } = start({ semantics: 'posted' });
    task.install(openBuffer(kernel));
    said();
    task.dup2(0, 1);
    expect(said()).toEqual(['install task=1 buffer=1', 'remove buffer=2']);
  });
});

test('in posted only exporters that give a memtrack buffer are tracked', () => {
  const recorder = new Recorder();
  const kernel = new Kernel({ semantics: 'posted', tracker: recorder });
  const buffer = kernel.createBuffer({ ...PLAIN, memtrack: false }, { size: 4096 });
  expect(buffer.tracked).toBe(false);
  expect(recorder.take(kernel)).toEqual([]);
});

test('thousands of commands reach the tracker in order', () => {
  const { kernel, task, said } = start();
  const other = task.install(openBuffer(kernel, APART));
  said();
  const expected: string[] = [];
  for (let count = 0; count < 5000; count++) {
    task.munmap(task.mmap({ fd: other, length: 4096 }), 4096);
    expected.push('vmOpen', 'vmClose');
  }
  expect(said().map((line) => line.split(' ')[0])).toEqual(expected);
});
