/** Steps that start and end tasks, and that change what they share. */
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { WAIT } from '../../lib/model/exit.ts';
import type { Task } from '../../lib/model/task.ts';
import { someFd } from './generate.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

const CLONES: readonly number[] = [
  0,
  0,
  0,
  0,
  CLONE_PTHREAD,
  CLONE_PTHREAD,
  CLONE_PTHREAD,
  CLONE.VM | CLONE.FS | CLONE.SIGHAND | CLONE.THREAD,
  CLONE.FILES,
  CLONE.FILES,
  CLONE.VM,
  CLONE.VM | CLONE.FILES,
  CLONE.VM | CLONE.SIGHAND,
  CLONE.VM | CLONE.VFORK,
  CLONE.VM | CLONE.VFORK,
  CLONE.VFORK,
  CLONE.PARENT,
  CLONE.PARENT | CLONE.FILES,
];

const SIGCHLD = 17;

const WAITS: readonly number[] = [
  0,
  0,
  WAIT.CLONE,
  WAIT.NOTHREAD,
  WAIT.NOTHREAD | WAIT.ALL,
  WAIT.NOTHREAD | WAIT.CLONE,
  4096,
];

const REFUSED: readonly number[] = [
  CLONE.THREAD,
  CLONE.THREAD | CLONE.VM,
  CLONE.SIGHAND,
  CLONE.THREAD | CLONE.SIGHAND,
  CLONE.NEWNS | CLONE.FS,
];

export function randomTaskStep(scene: Scene, by: number, task: Task, actors: number): Step | null {
  const { random } = scene;
  // Few actors are made more, many are made fewer; the last one stays.
  const roll = actors < 3 ? random.below(60) : actors > 6 ? 40 + random.below(60) : random.below(100);
  if (roll < 38) return clone(scene, by);
  if (roll < 46) return { op: 'unshare', by };
  if (roll < 55)
    return { op: 'wait', by, child: waitFor(scene), flags: random.chance(0.6) ? WAIT.ALL : random.pick(WAITS) };
  if (roll < 57) return getfd(scene, by);
  if (roll < 59) return { op: 'name', by, name: random.below(10) };
  if (roll < 61) return { op: 'subreaper', by, on: random.chance(0.8) };
  if (roll < 65) return limit(scene, by);
  if (roll < 72) return { op: 'exec', by };
  if (actors <= task.group.threads.length) return null;
  if (roll < 85) return { op: 'exit', by, status: random.below(256) };
  if (roll < 93) return { op: 'exitGroup', by, status: random.below(256) };
  return kill(scene);
}

function clone(scene: Scene, by: number): Step | null {
  const { random } = scene;
  const child = scene.nextSlot();
  if (child === null) return null;
  const signal = random.chance(0.1) ? 0 : SIGCHLD;
  return { op: 'clone', by, child, signal, flags: random.chance(0.08) ? random.pick(REFUSED) : random.pick(CLONES) };
}

function waitFor({ random, side }: Scene): number | null {
  return random.chance(0.6) ? null : random.pick([...side.tasks.keys()]);
}

function getfd(scene: Scene, by: number): Step {
  const [target, task] = scene.random.pick([...scene.side.tasks]);
  const fd = task.alive ? someFd(scene, task) : scene.random.below(8);
  return { op: 'getfd', by, target, fd };
}

/** Unprivileged, what is in flight would count against the limit too (too_many_unix_fds). */
function limit({ random, privileged }: Scene, by: number): Step {
  return { op: 'limit', by, nofile: privileged ? random.pick([0, 3, 6, 10, 12, 20, 64, 1024]) : 1024 };
}

/** Also of one that waits in vfork. */
function kill({ random, side }: Scene): Step | null {
  const victims = [...side.tasks].filter(([, task]) => task.alive);
  return victims.length < 2 ? null : { op: 'kill', by: random.pick(victims)[0], signal: random.pick([9, 9, 15]) };
}
