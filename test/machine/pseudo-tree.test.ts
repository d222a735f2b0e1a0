import { describe, expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { fixedDirectory, textFile, textLink } from '../../lib/machine/plain-nodes.ts';
import { PseudoTree } from '../../lib/machine/pseudo-tree.ts';
import { refusal } from '../model/world.ts';

function tree(): PseudoTree {
  const made = new PseudoTree();
  made.mount(
    '/a',
    fixedDirectory({
      file: () => textFile(() => 'text\n'),
      gone: () => null,
      link: () => textLink(() => 'file'),
      up: () => textLink(() => '../b'),
      loop: () => textLink(() => 'loop'),
      absolute: () => textLink(() => '/a/b'),
    }),
  );
  made.mount(
    '/a/b/c',
    textFile(() => 'below\n'),
  );
  made.mount(
    '/b',
    textFile(() => 'other\n'),
  );
  return made;
}

describe('a path', () => {
  const paths = tree();
  test.each([
    ['/a/file', 'text\n'],
    ['//a/./b/../file', 'text\n'],
    ['/../../a/link', 'text\n'],
    ['/a/up', 'other\n'],
    ['/a/absolute/c', 'below\n'],
    ['/a/absolute/../file', 'text\n'],
  ])('%s leads to a file', (path, text) => {
    expect(paths.readText(path).text).toBe(text);
  });

  test.each([
    ['/a/none', 'ENOENT'],
    ['/a/gone', 'ENOENT'],
    ['a/file', 'ENOENT'],
    ['', 'ENOENT'],
    ['/a/file/', 'ENOTDIR'],
    ['/a/file/..', 'ENOTDIR'],
    ['/a/loop', 'ELOOP'],
    ['/a', 'EISDIR'],
    [`/a/${'x'.repeat(256)}`, 'ENAMETOOLONG'],
    ['/a/'.repeat(1366), 'ENAMETOOLONG'],
  ])('%s is refused', (path, code) => {
    expect(refusal(() => paths.readText(path))).toBe(code);
  });

  test('of a directory lists what is mounted and what it has', () => {
    expect(paths.list('/')).toEqual(['a', 'b']);
    expect(paths.list('/a')).toEqual(['b', 'file', 'link', 'up', 'loop', 'absolute']);
    expect(refusal(() => paths.list('/a/file'))).toBe('ENOTDIR');
  });

  test('of a link is read or followed', () => {
    expect(paths.readlink('/a/up')).toBe('../b');
    expect(refusal(() => paths.readlink('/a/file'))).toBe('EINVAL');
    expect([paths.stat('/a/up').type, paths.stat('/a/up', null, false)]).toMatchObject([
      'file',
      { type: 'link', size: 4 },
    ]);
    expect(refusal(() => paths.stat('/a/loop'))).toBe('ELOOP');
    expect(paths.stat('/a/loop', null, false).type).toBe('link');
  });
});

test('a driver mounts its files among those of the kernel', () => {
  using kernel = new Machine();
  kernel.mount(
    '/sys/kernel/debug/ion',
    fixedDirectory({ heaps: () => fixedDirectory({ system: () => textFile(() => 'x') }) }),
  );
  expect(kernel.list('/sys/kernel/debug')).toEqual(['dma_buf', 'dri', 'ion']);
  expect(kernel.read('/sys/kernel/debug/ion/heaps/system')).toBe('x');
});

test('the descriptors of a process', () => {
  using kernel = new Machine();
  const task = kernel.spawn({ pid: 612, comm: 'camera' });
  const fd = kernel.dmaHeap('system').alloc(task, { size: 8192 });
  task.file(fd).setName('CAMERA');
  task.dup2(fd, 7);
  expect(kernel.list('/proc')).toEqual(['sysvipc', 'self', 'thread-self', '612']);
  expect(kernel.list('/proc/612/fd')).toEqual(['0', '7']);
  expect(kernel.stat('/proc/612/fd')).toMatchObject({ type: 'directory', size: 2 });
  expect(kernel.readlink('/proc/612/fd/7')).toBe('/dmabuf:CAMERA');
  expect(kernel.readlink('/proc/self/fd/7', { as: task })).toBe('/dmabuf:CAMERA');
  expect(kernel.stat('/proc/612/fd/7')).toMatchObject({ size: 8192, blocks: 16, inode: 1, dev: '0:11' });
  expect(kernel.lstat('/proc/612/fd/7')).toMatchObject({ type: 'link', size: 64, mode: 0o700 });
  expect(refusal(() => kernel.read('/proc/612/fd/7'))).toBe('ENXIO');
  expect(kernel.read('/proc/612/comm')).toBe('camera\n');
  task.close(7);
  expect(refusal(() => kernel.readlink('/proc/612/fd/7'))).toBe('ENOENT');
});

test('arguments are checked', () => {
  using kernel = new Machine();
  expect(() => kernel.read(7 as never)).toThrow(TypeError);
  expect(() => kernel.read('/proc', { as: {} as never })).toThrow(new TypeError('as: expected a task'));
  expect(() => kernel.read('/proc', { at: null } as never)).toThrow(/unknown option 'at'/);
  expect(() => kernel.read('/proc', null as never)).toThrow(TypeError);
});
