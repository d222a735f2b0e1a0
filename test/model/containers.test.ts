import { expect, test } from 'vitest';
import type { Buffer } from '../../lib/model/buffer.ts';
import type { FileOperations } from '../../lib/model/file-operations.ts';
import { File } from '../../lib/model/file.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import { findHolding } from '../../lib/rules/index.ts';
import { PLAIN } from './world.ts';

/** A file with one handle per buffer, from 1. */
function container(buffers: readonly Buffer[], more: Partial<FileOperations> = {}): File {
  return new File({
    path: '/dev/box',
    operations: {
      mmap: () => undefined,
      container: 'drm-file',
      holds: () => buffers.map((buffer, at) => ({ buffer, via: 'handle' as const, number: at + 1, since: 3n })),
      ...more,
    },
  });
}

function scene(): { kernel: Kernel; buffer: Buffer } {
  const kernel = new Kernel();
  const buffer = kernel.createBuffer(PLAIN, { size: 4096 });
  buffer.useByKernel();
  return { kernel, buffer };
}

test('an fd of the file reaches it, and so does a child that copied the table', () => {
  const { kernel, buffer } = scene();
  using _ = kernel;
  const task = kernel.spawn();
  task.install(container([buffer, buffer]));
  task.fork();
  kernel.spawn();
  const { processes, containers, handles } = kernel.snapshot();
  expect(processes.containers).toEqual([[1], [1], []]);
  expect(containers).toEqual({ length: 1, id: [1], kind: ['drm-file'], name: ['/dev/box'], inFlight: [0] });
  expect(handles).toEqual({
    length: 2,
    container: [1, 1],
    buffer: [0, 0],
    via: ['handle', 'handle'],
    number: [1, 2],
    since: [3n, 3n],
  });
});

test('a mapping of the file reaches it when its fd is closed', () => {
  const { kernel, buffer } = scene();
  using _ = kernel;
  const task = kernel.spawn();
  const fd = task.install(container([buffer]));
  const start = task.mmap({ fd, length: 4096 });
  task.close(fd);
  expect(kernel.snapshot().processes.containers).toEqual([[1]]);
  task.munmap(start, 4096);
  expect(kernel.snapshot().containers.length).toBe(0);
});

test('in a message only, it is in flight, and its buffer too', () => {
  const { kernel, buffer } = scene();
  using _ = kernel;
  const task = kernel.spawn();
  const [left] = task.socketpair();
  const fd = task.install(container([buffer]));
  task.sendmsg(left, [fd]);
  task.sendmsg(left, [fd, fd]);
  expect(kernel.snapshot().containers.inFlight).toEqual([3]);
  expect([...findHolding(kernel.snapshot()).inFlight]).toEqual([0]);
  task.close(fd);
  expect([...findHolding(kernel.snapshot()).inFlight]).toEqual([3]);
});

test('what a container keeps open is reached through it, also in flight', () => {
  const { kernel, buffer } = scene();
  using _ = kernel;
  const task = kernel.spawn();
  const inner = container([buffer]);
  const ring = container([], { keeps: () => [inner], container: 'io-uring' });
  const fd = task.install(ring);
  const [left] = task.socketpair();
  expect(kernel.snapshot().processes.containers).toEqual([[1, 2]]);
  task.sendmsg(left, [fd]);
  task.close(fd);
  const { containers, processes } = kernel.snapshot();
  expect(processes.containers).toEqual([[]]);
  expect([containers.kind, containers.inFlight]).toEqual([
    ['io-uring', 'drm-file'],
    [1, 1],
  ]);
});

test('files that keep each other end the walk', () => {
  const { kernel, buffer } = scene();
  using _ = kernel;
  const files: File[] = [];
  const ring = { keeps: () => files };
  files.push(container([buffer], ring), container([], ring));
  kernel.spawn().install(files[0]!);
  expect(kernel.snapshot().processes.containers).toEqual([[1, 2]]);
});

test('an id stays with its file and is not used again', () => {
  const { kernel, buffer } = scene();
  using _ = kernel;
  const task = kernel.spawn();
  const fd = task.install(container([buffer]));
  expect(kernel.snapshot().containers.id).toEqual([1]);
  task.install(container([]));
  task.close(fd);
  expect(kernel.snapshot().containers.id).toEqual([2]);
});
