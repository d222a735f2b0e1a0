/** Steps on mappings. They stay in an arena of few pages, and where the kernel places them, so that they meet. */
import { MADV, MREMAP } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Vma } from '../../lib/model/vma.ts';
import type { Random } from '../random.ts';
import { someFd } from './generate.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

const PAGE = 4096;
const ARENA = 0x2000_0000_0000;
const ARENA_PAGES = 48;
/** Beyond what a process can map (TASK_SIZE), also with page tables of five levels. */
const TOO_HIGH = 2 ** 56;
const TOO_LONG = 2 ** 57;

/** Advice that changes no flags. */
const [WILLNEED, DONTNEED] = [3, 4];

type MremapStep = Extract<Step, { op: 'mremap' }>;
type MmapStep = Extract<Step, { op: 'mmap' }>;

const ADVICE = [...Object.values(MADV), MADV.DONTFORK, MADV.DOFORK, WILLNEED, DONTNEED, 5000];

export function randomMappingStep(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const roll = random.below(100);
  if (task.mm.vmas.length < 3 || roll < 35) return mmap(scene, by, task);
  const { address, length } = someRange(random, task);
  if (roll < 52) return { op: 'munmap', by, address, length: illegalLength(random) ?? length };
  if (roll < 72)
    return { op: 'mprotect', by, address, length: illegalLength(random) ?? length, prot: newProt(random, task) };
  if (roll < 88) return mremap(scene, by, task);
  const advice = random.pick(ADVICE);
  return { op: 'madvise', by, address, length, advice };
}

function mmap(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const place = random.pick(['hint', 'hint', 'fixed', 'fixed', 'noReplace'] as const);
  const { address } = someRange(random, task);
  // With five levels a hint that is too high would open the upper half.
  const chosen = place === 'hint' && (random.chance(0.4) || address >= TOO_HIGH) ? 0 : address;
  const length = illegalLength(random) ?? someLength(random);
  const offset = random.chance(0.05) ? random.below(9000) : random.below(6) * PAGE;
  const following = continuation(random, task, place !== 'hint');
  const step: MmapStep = {
    op: 'mmap',
    by,
    address: chosen,
    length,
    prot: prot(random),
    shared: random.chance(0.75),
    place,
    fd: someFd(scene, task, 'buffer'),
    offset,
    ...following,
  };
  const executable = scene.traits.socketsNoexec || task.files.get(step.fd)?.buffer !== null;
  return executable ? step : { ...step, prot: step.prot & 3 };
}

/** What may join a mapping that is there: the next pages of the same file, right behind it or right before it. */
function continuation(random: Random, task: Task, addressed: boolean): Partial<MmapStep> {
  if (!random.chance(0.35) || task.mm.vmas.length === 0) return {};
  const vma = random.pick(task.mm.vmas);
  const fds = Array.from({ length: task.files.limit }, (_, fd) => fd).filter((fd) => {
    const file = task.files.get(fd);
    return file !== null && (file === vma.file || (random.chance(0.5) && file.buffer === vma.file.buffer));
  });
  if (fds.length === 0) return {};
  const rights = { fd: random.pick(fds), prot: vma.flags & 7, shared: (vma.flags & 8) !== 0 };
  const length = (1 + random.below(3)) * PAGE;
  const before = vma.offset >= length && random.chance(0.5);
  const address = before ? vma.start - length : vma.end;
  const offset = before ? vma.offset - length : vma.offset + (vma.end - vma.start);
  return { ...rights, length, offset, ...(addressed ? { address } : {}) };
}

function mremap({ random, traits }: Scene, by: number, task: Task): Step {
  const vma = random.pick(task.mm.vmas);
  const whole = random.chance(0.4);
  const { address, length } = whole ? { address: vma.start, length: vma.end - vma.start } : someRange(random, task);
  const oldLength = random.chance(0.12) ? 0 : length;
  const newLength = illegalLength(random) ?? (random.chance(0.4) ? oldLength : someLength(random));
  const flags = random.pick([
    0,
    MREMAP.MAYMOVE,
    MREMAP.MAYMOVE,
    MREMAP.MAYMOVE | MREMAP.FIXED,
    MREMAP.MAYMOVE | MREMAP.FIXED,
    MREMAP.MAYMOVE | MREMAP.DONTUNMAP,
    MREMAP.MAYMOVE | MREMAP.FIXED | MREMAP.DONTUNMAP,
    random.below(16),
  ]);
  const fixed = random.chance(0.05) ? random.pick([TOO_HIGH, address]) : arenaAddress(random);
  const newAddress = (flags & MREMAP.FIXED) === 0 && fixed >= TOO_HIGH ? ARENA : fixed;
  const step: MremapStep = { op: 'mremap', by, address, oldLength, newLength, flags, newAddress };
  return traits.recent ? step : olderMremap(step, vma);
}

/** Without what only Linux 6.17 and later do or refuse: several mappings at once, and lengths looked at in whole pages. */
function olderMremap(step: MremapStep, vma: Vma): MremapStep {
  const { address, oldLength, flags } = step;
  const newLength = step.newLength >= TOO_LONG || (flags & MREMAP.DONTUNMAP) !== 0 ? oldLength : step.newLength;
  const inside = address >= vma.start && address + oldLength <= vma.end;
  return { ...step, newLength, flags: inside ? flags : flags & ~(MREMAP.FIXED | MREMAP.DONTUNMAP) };
}

/** Mostly a part of what is mapped, or around it. */
function someRange(random: Random, task: Task): { readonly address: number; readonly length: number } {
  const vma = task.mm.vmas.length > 0 && random.chance(0.75) ? random.pick(task.mm.vmas) : null;
  if (vma === null) return { address: arenaAddress(random), length: someLength(random) };
  const pages = (vma.end - vma.start) / PAGE;
  const from = random.pick([0, 0, random.below(pages), -1]);
  const count = random.pick([pages - from, 1 + random.below(pages), 1 + random.below(pages + 4)]);
  return { address: vma.start + from * PAGE, length: Math.max(1, count) * PAGE - random.pick([0, 0, 0, 1, 4095]) };
}

function arenaAddress(random: Random): number {
  if (random.chance(0.02)) return TOO_HIGH + random.below(2) * PAGE;
  return ARENA + random.below(ARENA_PAGES) * PAGE + (random.chance(0.05) ? random.below(PAGE) : 0);
}

function someLength(random: Random): number {
  return (1 + random.below(8)) * PAGE - random.pick([0, 0, 0, 1, 4095]);
}

function illegalLength(random: Random): number | null {
  return random.chance(0.04) ? random.pick([0, TOO_LONG]) : null;
}

/** Often that of a mapping, which it may then join. */
function newProt(random: Random, task: Task): number {
  return random.chance(0.5) ? random.pick(task.mm.vmas).flags & 7 : prot(random);
}

function prot(random: Random): number {
  return random.pick([0, 1, 1, 3, 3, 3, 2, 4, 5, 7]);
}
