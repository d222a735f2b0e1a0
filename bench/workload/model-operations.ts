import { PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { Random } from './random.ts';
import type { World } from './model-world.ts';

const LENGTH = 4 * 4096;

/** One operation, made so many times in a row; what comes before and after a row is not timed. */
export interface Operation {
  readonly row: number;
  readonly before?: () => void;
  readonly once: (i: number) => void;
  readonly after?: () => void;
}

export const OPERATIONS = ['fork', 'exit', 'exec', 'dup', 'close', 'mmap', 'munmap', 'alloc', 'message'] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** The operations by a process with 1,000 descriptors, half of them close-on-exec, and 300 mappings. */
export function operationOf(name: OperationName, { kernel, task, fds }: World, seed: number): Operation {
  const children: Task[] = [];
  const made: number[] = [];
  const order = shuffled(fds.length, new Random(seed));
  const fork = (): void => void children.push(task.fork());
  const reap = (): void => {
    for (const child of children.splice(0)) {
      if (child.alive) child.exitGroup(0);
      task.wait();
    }
  };
  const forkAll = (): void => {
    for (let i = 0; i < 50; i++) fork();
  };
  const dup = (i: number): void => void made.push(task.dup(fds[i]!));
  const map = (i: number): void => void made.push(task.mmap({ fd: fds[i]!, length: LENGTH, prot: PROT.READ }));
  const closeMade = (): void => {
    for (const fd of made.splice(0)) task.close(fd);
  };
  const unmapMade = (): void => {
    for (const address of made.splice(0)) task.munmap(address, LENGTH);
  };
  switch (name) {
    case 'fork':
      return { row: 50, once: fork, after: reap };
    case 'exit':
      return { row: 50, before: forkAll, once: (i) => children[i]!.exitGroup(0), after: reap };
    case 'exec':
      for (const [i, fd] of fds.entries()) task.setCloexec(fd, i % 2 === 1);
      return { row: 50, before: forkAll, once: (i) => children[i]!.exec('next'), after: reap };
    case 'dup':
      return { row: fds.length, once: dup, after: closeMade };
    case 'close':
      return {
        row: fds.length,
        before: () => fds.forEach((_, i) => dup(i)),
        once: (i) => task.close(made[order[i]!]!),
        after: () => void (made.length = 0),
      };
    case 'mmap':
      return { row: 300, once: map, after: unmapMade };
    case 'munmap':
      return {
        row: fds.length,
        before: () => fds.forEach((_, i) => map(i)),
        once: (i) => task.munmap(made[order[i]!]!, LENGTH),
        after: () => void (made.length = 0),
      };
    case 'alloc': {
      const heap = kernel.dmaHeap('system');
      return { row: 500, once: () => void made.push(heap.alloc(task, { size: LENGTH })), after: closeMade };
    }
    case 'message': {
      const [from, to] = task.socketpair();
      const pass = (i: number): void => {
        task.sendmsg(from, [fds[i]!]);
        made.push(task.recvmsg(to).fds[0]!);
      };
      return { row: 500, once: pass, after: closeMade };
    }
  }
}

function shuffled(length: number, random: Random): readonly number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
