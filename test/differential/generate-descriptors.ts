/** Steps on descriptors. */
import { O } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { newFd, someFd } from './generate.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

const PAGE = 4096;

export function randomDescriptorStep(scene: Scene, by: number, task: Task): Step | null {
  const { random } = scene;
  const fd = someFd(scene, task);
  const cloexec = random.chance(0.3);
  const open = task.files.openFds;
  // A table grows to about ten and is thinned out beyond.
  if (open < 3 && random.chance(0.6)) return memfd(scene, by);
  const roll = random.below(open > 14 ? 52 : 100);
  if (roll < 28) return { op: 'close', by, fd };
  if (roll < 35) return closeRange(scene, by);
  if (roll < 42) return { op: 'setfd', by, fd, cloexec };
  if (roll < 46) return seal(scene, by, task);
  if (roll < 52) return { op: 'ftruncate', by, fd, size: random.pick([-1, 0, 1, PAGE, 5000, 16 * PAGE, 1 << 20]) };
  if (roll < 62) return memfd(scene, by);
  if (roll < 70) return { op: 'dup', by, fd };
  if (roll < 80) return { op: 'dup2', by, fd, to: random.chance(0.15) ? fd : newFd(random) };
  if (roll < 85) {
    const flags = random.pick([0, O.CLOEXEC, O.CLOEXEC, 1, O.NONBLOCK]);
    return { op: 'dup3', by, fd, to: random.chance(0.1) ? fd : newFd(random), flags };
  }
  if (roll < 93) return { op: 'dupfd', by, fd, from: newFd(random), cloexec };
  const flags = random.pick([O.RDONLY, O.WRONLY, O.RDWR]) | (cloexec ? O.CLOEXEC : 0);
  return { op: 'reopen', by, fd, flags };
}

function memfd(scene: Scene, by: number): Step {
  const { random } = scene;
  const flags = random.pick(scene.traits.sealsExec ? [0, 0, 1, 2, 2, 3, 3, 8, 16, 24, 32] : [0, 1, 2, 3, 32]);
  return { op: 'memfd', by, name: scene.next(), flags, size: random.pick([0, 1, PAGE, 4 * PAGE, 16 * PAGE, 5000]) };
}

function closeRange({ random }: Scene, by: number): Step {
  const first = random.below(12);
  const flags = random.pick([0, 0, 2, 4, 4, 6, 6, 1, 8]);
  const last = random.pick([first, first + random.below(6), first + random.below(6), 0xffffffff, first - 1]);
  // A negative number would be one beyond every limit: these are unsigned.
  return { op: 'closeRange', by, first, last: last >= 0 ? last : 0, flags };
}

function seal(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const kinds = scene.traits.sealsExec ? 6 : 5;
  const one = 1 << random.below(kinds);
  const seals = random.pick([one, one, one | (1 << random.below(kinds)), 0, 64]);
  return { op: 'seal', by, fd: someFd(scene, task, 'buffer'), seals };
}
