/** Steps on files that keep others open, rings, and on those that do not, epoll files. */
import { Epoll } from '../../lib/drivers/epoll.ts';
import { IoUring } from '../../lib/drivers/io-uring.ts';
import type { File } from '../../lib/model/file.ts';
import { O } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { someFd } from './generate.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

export function randomKeeperStep(scene: Scene, by: number, task: Task): Step {
  const { random, traits } = scene;
  if (random.chance(0.5) || !traits.rings) return epollStep(scene, by, task);
  const ring = fdOf(scene, task, (file) => file instanceof IoUring);
  if (ring === null || random.chance(0.1)) return { op: 'ring', by, entries: random.pick([1, 3, 4, 4, 8, 0, 40000]) };
  return ringStep(scene, by, task, ring);
}

function ringStep(scene: Scene, by: number, task: Task, ring: number): Step {
  const { random } = scene;
  const file = task.files.get(ring);
  const room = file instanceof IoUring ? (file.slots?.length ?? 0) : 0;
  const how = random.pick(
    room === 0
      ? (['register', 'register', 'sparse', 'update', 'unregister'] as const)
      : (['update', 'update', 'update', 'unregister', 'register', 'sparse'] as const),
  );
  if (how === 'sparse') return { op: 'ringFiles', by, ring, how, at: random.below(7), fds: [] };
  const fds =
    how === 'unregister'
      ? []
      : Array.from({ length: random.below(4) + (random.chance(0.1) ? 0 : 1) }, () => kept(scene, task));
  const at = how === 'update' ? random.below(room + 1) : 0;
  return { op: 'ringFiles', by, ring, how, at, fds };
}

/** What a ring drops with its end it drops late: few sockets, whose other ends would see it. */
function kept(scene: Scene, task: Task): number {
  const { random } = scene;
  if (random.chance(0.25)) return random.pick([-1, -1, -2]);
  return someFd(scene, task, random.chance(0.93) ? 'buffer' : 'any');
}

function epollStep(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const epoll = fdOf(scene, task, (file) => file instanceof Epoll);
  if (epoll === null || random.chance(0.15)) return { op: 'epoll', by, flags: random.pick([0, 0, O.CLOEXEC, 1]) };
  const how = random.pick(['add', 'add', 'add', 'add', 'modify', 'delete', 'delete'] as const);
  const polled = fdOf(scene, task, (file) => file.operations.poll === true);
  const fd = polled !== null && random.chance(0.8) ? polled : someFd(scene, task);
  return { op: 'epollCtl', by, epoll: random.chance(0.95) ? epoll : someFd(scene, task), how, fd };
}

function fdOf({ random }: Scene, task: Task, wanted: (file: File) => boolean): number | null {
  const fds: number[] = [];
  for (let fd = 0; fd < task.files.limit; fd++) {
    const file = task.files.get(fd);
    if (file !== null && wanted(file)) fds.push(fd);
  }
  return fds.length === 0 ? null : random.pick(fds);
}
