/** Random programs on the model: system calls of every kind, by whoever lives; what is refused is part of the program. */
import { MemtrackError } from '../../lib/core/errors.ts';
import { CLONE, CLONE_PTHREAD, CLOSE_RANGE, MADV, MREMAP, O, PAGE, PROT } from '../../lib/model/flags.ts';
import { File } from '../../lib/model/file.ts';
import type { Kernel } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Random } from '../random.ts';
import { APART, MERGING, openBuffer } from './world.ts';

const FDS = 12;
const BASE = 0x10_0000;
const CLONES = [
  0,
  0,
  0,
  CLONE.FILES,
  CLONE.VM,
  CLONE.VM | CLONE.FILES,
  CLONE.PARENT,
  CLONE_PTHREAD,
  CLONE_PTHREAD,
  CLONE_PTHREAD & ~CLONE.FILES,
];

type Step = (random: Random, task: Task, kernel: Kernel) => void;

const STEPS: readonly (readonly [weight: number, step: Step])[] = [
  [8, (random, task, kernel) => open(random, task, kernel)],
  [8, (random, task) => task.close(random.below(FDS))],
  [4, (random, task) => task.dup(random.below(FDS))],
  [6, (random, task) => task.dup2(random.below(FDS), random.below(FDS))],
  [3, (random, task) => task.dup3(random.below(FDS), random.below(FDS), random.chance(0.5) ? O.CLOEXEC : 0)],
  [2, (random, task) => task.dupfd(random.below(FDS), random.below(FDS), random.chance(0.5))],
  [2, (random, task) => task.setCloexec(random.below(FDS), random.chance(0.5))],
  [
    1,
    (random, task) =>
      task.closeRange(random.below(FDS), FDS, random.pick([0, CLOSE_RANGE.UNSHARE, CLOSE_RANGE.CLOEXEC])),
  ],
  [10, (random, task) => mmap(random, task)],
  [6, (random, task) => task.munmap(address(random), length(random))],
  [
    6,
    (random, task) => task.mprotect(address(random), length(random), random.pick([PROT.READ, PROT.READ | PROT.WRITE])),
  ],
  [4, (random, task) => mremap(random, task)],
  [2, (random, task) => task.madvise(address(random), length(random), random.pick([MADV.DONTFORK, MADV.DOFORK]))],
  [5, (random, task) => task.clone(random.pick(CLONES))],
  [2, (random, task) => task.exec(random.pick(['a', 'b']))],
  [2, (_, task) => task.exit()],
  [1, (_, task) => task.exitGroup()],
  [1, (_, task) => task.kill(9)],
  [2, (_, task) => task.wait()],
  [1, (_, task) => task.unshareFiles()],
  [2, (_, task) => task.socketpair()],
  [4, (random, task) => task.sendmsg(random.below(FDS), [random.below(FDS), random.below(FDS)])],
  [4, (random, task) => task.recvmsg(random.below(FDS), random.chance(0.2) ? { controlLength: 20 } : {})],
  [1, (random, task) => task.file(random.below(FDS)).buffer?.setTag(random.pick(['x', 'y']))],
  [1, (random, task) => task.file(random.below(FDS)).buffer?.resize(random.below(9) * PAGE)],
  [1, (random, task, kernel) => task.pidfdGetfd(random.pick(live(kernel)), random.below(FDS))],
];

const TOTAL = STEPS.reduce((sum, [weight]) => sum + weight, 0);

/** One step. Returns the errno's name, or null if it was done. */
export function step(random: Random, kernel: Kernel): string | null {
  kernel.now += 1n;
  const tasks = live(kernel);
  if (tasks.length === 0 || (tasks.length < 3 && random.chance(0.1))) kernel.spawn().group.nofile = FDS;
  let at = random.below(TOTAL);
  const chosen = STEPS.find(([weight]) => (at -= weight) < 0)![1];
  try {
    chosen(random, random.pick(live(kernel)), kernel);
    return null;
  } catch (error) {
    if (error instanceof MemtrackError) return error.code;
    throw error;
  }
}

export function live(kernel: Kernel): readonly Task[] {
  return [...kernel.tasks()].filter((task) => task.alive);
}

function open(random: Random, task: Task, kernel: Kernel): void {
  const file = random.chance(0.3) ? new File() : openBuffer(kernel, random.pick([APART, MERGING]), PAGE * 8);
  try {
    task.install(file, { cloexec: random.chance(0.3) });
  } catch (error) {
    file.put();
    throw error;
  }
}

function mmap(random: Random, task: Task): void {
  const at = address(random);
  const aligned = random.chance(0.7);
  const offset = aligned ? at - BASE : random.below(4) * PAGE;
  const prot = random.pick([PROT.READ, PROT.READ | PROT.WRITE, PROT.READ | PROT.WRITE]);
  const shared = random.chance(0.8);
  task.mmap({
    fd: random.below(FDS),
    address: at,
    fixed: random.chance(0.8),
    length: length(random),
    offset,
    prot,
    shared,
  });
}

function mremap(random: Random, task: Task): void {
  const flags = random.pick([0, MREMAP.MAYMOVE, MREMAP.MAYMOVE | MREMAP.FIXED, MREMAP.MAYMOVE | MREMAP.DONTUNMAP]);
  const old = random.chance(0.1) ? 0 : length(random);
  task.mremap(address(random), old, random.chance(0.4) ? old : length(random), flags, address(random));
}

function address(random: Random): number {
  return BASE + random.below(24) * PAGE;
}

function length(random: Random): number {
  return (1 + random.below(6)) * PAGE;
}
