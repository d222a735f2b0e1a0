import { describe, expect, test } from 'vitest';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { refusal } from '../model/world.ts';
import { attempt, pair } from './access-world.ts';
import type { Pair } from './access-world.ts';

/** The target is a child of the reader, who has not waited for it. */
function family(): Pair {
  const { kernel, reader } = pair({}, {});
  kernel.task(612)!.exitGroup();
  const target = reader.fork({ pid: 612 });
  kernel.dmaHeap('system').alloc(target, { size: 4096 });
  target.mmap({ fd: 0, length: 4096 });
  return { kernel, reader, target };
}

describe('a zombie', () => {
  test('has no memory and no descriptors, but is there', () => {
    const { kernel, reader, target } = family();
    target.exitGroup();
    const read = (name: string): string => kernel.read(`/proc/612/${name}`);
    expect([read('maps'), read('memtrack'), read('comm')]).toEqual(['', '', 'reader\n']);
    expect([kernel.list('/proc/612/fd'), kernel.list('/proc/612/fdinfo')]).toEqual([[], []]);
    expect(kernel.list('/proc/612/task')).toEqual(['612']);
    expect(attempt({ kernel, reader }, 'fdinfo/0')).toBe('ENOENT');
    expect(kernel.stat('/proc/612/fd')).toMatchObject({ size: 0, uid: 0 });
    reader.wait();
    for (const name of ['maps', 'fd/', 'comm', 'task/', 'memtrack', ''])
      expect(attempt({ kernel, reader }, name)).toBe('ENOENT');
  });

  test('shows its maps, which are empty, to strangers too', () => {
    const { kernel, target, reader } = pair({ uid: 1000, gid: 1000 }, {});
    target.clone(CLONE_PTHREAD);
    expect(attempt({ kernel, reader }, 'maps')).toBe('EACCES');
    target.exit();
    expect(attempt({ kernel, reader }, 'maps')).toBe('ok');
  });
});

describe('a file that was open when its task went', () => {
  const names = ['maps', 'comm', 'memtrack', 'fdinfo/0', 'task/612/dmabuf_fds'] as const;

  test('tells so once the task is reaped', () => {
    const { kernel, reader, target } = family();
    const files = names.map((name) => kernel.open(`/proc/612/${name}`));
    const directories = ['fd', 'fdinfo', 'task', 'task/612/fd'].map((name) => kernel.open(`/proc/612/${name}`));
    expect(files.map((file) => file.read() === '')).toEqual([false, false, false, false, false]);
    target.exitGroup();
    expect(files.slice(0, 3).map((file) => file.read())).toEqual(['', 'reader\n', '']);
    expect(files.slice(3).map((file) => refusal(() => file.read()))).toEqual(['ENOENT', 'ESRCH']);
    reader.wait();
    expect(files.map((file) => refusal(() => file.read()))).toEqual(['ESRCH', 'ESRCH', 'ESRCH', 'ENOENT', 'ESRCH']);
    expect(directories.map((directory) => directory.list())).toEqual([[], [], [], []]);
  });

  test('is not that of a stranger who got the pid', () => {
    const { kernel, reader, target } = family();
    const maps = kernel.open('/proc/612/maps');
    target.exitGroup();
    reader.wait();
    kernel.spawn({ pid: 612 });
    expect(refusal(() => maps.read())).toBe('ESRCH');
    expect(kernel.read('/proc/612/maps')).toBe('');
  });

  test('is not checked again', () => {
    const { kernel, reader, target } = pair({ uid: 1000 }, { uid: 1000 });
    const open = ['maps', 'task/612/dmabuf_fds', 'fdinfo/0'].map((name) =>
      kernel.open(`/proc/612/${name}`, { as: reader }),
    );
    const fd = kernel.open('/proc/612/fd', { as: reader });
    target.setDumpable(0);
    for (const file of open) expect(file.read()).not.toBe('');
    expect(fd.list()).toEqual(['0']);
    expect(attempt({ kernel, reader }, 'maps')).toBe('EACCES');
  });
});

describe('exec', () => {
  test('empties maps that were open, as their address space is gone', () => {
    const { kernel, target } = pair({}, {});
    const maps = kernel.open('/proc/612/maps');
    target.setCloexec(0, false);
    target.exec('other');
    target.mmap({ fd: 0, length: 4096 });
    expect([maps.read() === '', kernel.read('/proc/612/maps') === '']).toEqual([true, false]);
  });

  test('does not if someone else still has the address space', () => {
    const { kernel, target } = pair({}, {});
    target.clone(CLONE.VM);
    const maps = kernel.open('/proc/612/maps');
    const before = maps.read();
    target.exec('other');
    expect(maps.read()).toBe(before);
  });

  test('by a thread: the leader’s files are its from then on, its own are gone', () => {
    const { kernel, target } = pair({}, {});
    const thread = target.clone(CLONE_PTHREAD, { pid: 613 });
    const open = ['612', '613'].map((tid) => kernel.open(`/proc/612/task/${tid}/comm`));
    thread.exec('taken over');
    expect(open[0]!.read()).toBe('taken over\n');
    expect(refusal(() => open[1]!.read())).toBe('ESRCH');
  });
});

describe('dmabuf_fds', () => {
  const text = ({ kernel }: Pair, tid: number): string => kernel.read(`/proc/612/task/${tid}/dmabuf_fds`);

  test('lists inodes per descriptor, without a newline', () => {
    const both = pair({}, {});
    both.target.dup2(0, 7);
    both.kernel.memfdCreate(both.target, 'none');
    both.kernel.dmaHeap('system').alloc(both.target, { size: 4096 });
    expect(text(both, 612)).toBe('       1        2        1 ');
  });

  test('of a thread that shares the leader’s table is empty, of one with its own is not', () => {
    const both = pair({}, {});
    const thread = both.target.clone(CLONE_PTHREAD, { pid: 613 });
    expect(text(both, 613)).toBe('');
    thread.unshareFiles();
    expect(text(both, 613)).toBe('       1 ');
  });

  test('is shown by every thread once the leader has ended', () => {
    const both = pair({}, {});
    both.target.clone(CLONE_PTHREAD, { pid: 613 });
    both.target.clone(CLONE_PTHREAD, { pid: 614 });
    both.target.exit();
    expect([text(both, 613), text(both, 614)]).toEqual(['       1 ', '       1 ']);
    expect(refusal(() => text(both, 612))).toBe('ESRCH');
  });
});
