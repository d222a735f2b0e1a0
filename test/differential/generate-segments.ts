/** Steps on System V segments. Keys are few, so that they are found again. */
import { IPC, SHM } from '../../lib/drivers/sysv-shm.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

const PAGE = 4096;
const ARENA = 0x2000_0000_0000;

export function randomSegmentStep(scene: Scene, by: number, task: Task): Step {
  const { random, side } = scene;
  const roll = random.below(100);
  const segment = random.below(side.segments.length + (random.chance(0.1) ? 1 : 0));
  if (side.segments.length === 0 || roll < 22) return shmget(scene, by);
  if (roll < 60) return shmat(scene, by, segment);
  if (roll < 78) return { op: 'shmdt', by, address: attached(scene, task) };
  return { op: 'shmctl', by, segment, command: roll < 86 ? IPC.RMID : IPC.STAT };
}

function shmget({ random }: Scene, by: number): Step {
  const key = random.chance(0.3) ? IPC.PRIVATE : 1 + random.below(4);
  const size = random.pick([0, 1, 5000, PAGE, 3 * PAGE, 5 * PAGE]);
  const flags =
    random.pick([0, IPC.CREAT, IPC.CREAT, IPC.CREAT, IPC.CREAT | IPC.EXCL]) |
    random.pick([0o600, 0o600, 0o600, 0o700, 0o400, 0]);
  return { op: 'shmget', by, key, size, flags };
}

function shmat({ random }: Scene, by: number, segment: number): Step {
  const address = random.chance(0.5)
    ? 0
    : ARENA + random.below(48) * PAGE + (random.chance(0.2) ? random.below(PAGE) : 0);
  const flags = random.pick([0, 0, 0, SHM.RDONLY, SHM.RND, SHM.RND | SHM.REMAP, SHM.REMAP, SHM.EXEC | SHM.RND]);
  return { op: 'shmat', by, segment, address, flags };
}

/** Where a segment begins, or begins to be mapped; or anything else. */
function attached({ random }: Scene, task: Task): number {
  const { vmas } = task.mm;
  const own = vmas.filter((vma) => vma.file.buffer?.kind === 'sysv-shm');
  if (own.length > 0 && random.chance(0.9)) {
    const vma = random.pick(own);
    return random.chance(0.7) ? vma.start - vma.offset : vma.start;
  }
  return vmas.length > 0 ? random.pick(vmas).start + random.pick([0, 0, PAGE, 1]) : ARENA;
}
