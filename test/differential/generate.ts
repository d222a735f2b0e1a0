/** Random programs: legal calls for the most part, found by playing along on the model, and illegal ones in between. */
import type { Random } from '../random.ts';
import type { Task } from '../../lib/model/task.ts';
import { breakdown } from './compare.ts';
import type { Played } from './compare.ts';
import { ModelSide } from './model-side.ts';
import { randomDescriptorStep } from './generate-descriptors.ts';
import { randomMappingStep } from './generate-mappings.ts';
import { randomPassingStep } from './generate-passing.ts';
import { randomKeeperStep } from './generate-keepers.ts';
import { randomSegmentStep } from './generate-segments.ts';
import { randomTaskStep } from './generate-tasks.ts';
import type { KernelTraits } from './performer.ts';
import type { Program, Step } from './step.ts';

export interface GenerateOptions {
  readonly steps: number;
  /** What the kernel does not do as the model does is left out. */
  readonly traits: KernelTraits;
  /** Whether descriptors in flight are not counted against RLIMIT_NOFILE, as for root. */
  readonly privileged: boolean;
}

/** What the generators of single steps see. */
export interface Scene {
  readonly random: Random;
  readonly side: ModelSide;
  readonly privileged: boolean;
  readonly traits: KernelTraits;
  /** A number for a new buffer, pair or actor. */
  next(): number;
  nextSlot(): number | null;
  /** Comes next, before anything else. */
  readonly follow: (step: Step) => void;
}

type Kind = 'descriptor' | 'passing' | 'mapping' | 'task' | 'segment' | 'keeper';

/** How often each kind comes. */
const KINDS: readonly Kind[] = [
  'descriptor',
  'descriptor',
  'descriptor',
  'passing',
  'passing',
  'mapping',
  'mapping',
  'mapping',
  'task',
  'task',
  'segment',
  'keeper',
];

/** What an older kernel does as the model does. */
const OLD_KINDS = KINDS.filter((kind) => kind !== 'segment' && kind !== 'keeper');

/** What the others need comes first. */
const OPENING: readonly Kind[] = ['descriptor', 'descriptor', 'passing', 'mapping', 'mapping'];

/** And what the model answered to it. */
export function generate(
  random: Random,
  { steps: count, privileged, traits }: GenerateOptions,
): { readonly program: Program; readonly played: Played } {
  const roots = 1 + random.below(3);
  const unprivileged = privileged && random.chance(0.3);
  const side = new ModelSide({ roots, unprivileged });
  let names = 0;
  let slots = roots;
  const following: Step[] = [];
  const scene: Scene = {
    random,
    side,
    privileged,
    traits,
    next: () => names++,
    nextSlot: () => (slots < 31 ? slots++ : null),
    follow: (step) => void following.push(step),
  };
  const blocks = [side.begin()];
  const steps: Step[] = [];
  while (steps.length < count) {
    const actors = side.actors;
    if (actors.length === 0) break;
    const [by, task] = random.pick(actors);
    const step = following.shift() ?? randomStep(scene, by, task, steps.length, actors.length);
    if (step === null) continue;
    steps.push(step);
    try {
      blocks.push(side.perform(step));
    } catch (error) {
      blocks.push(breakdown(error));
      break;
    }
  }
  return { program: { unprivileged, roots, steps }, played: { blocks, collecting: side.collecting } };
}

function randomStep(scene: Scene, by: number, task: Task, at: number, actors: number): Step | null {
  const { random } = scene;
  const kind = OPENING[at] ?? random.pick(scene.traits.recent ? KINDS : OLD_KINDS);
  if (kind === 'descriptor') return randomDescriptorStep(scene, by, task);
  if (kind === 'passing') return randomPassingStep(scene, by, task);
  if (kind === 'mapping') return randomMappingStep(scene, by, task);
  if (kind === 'segment') return randomSegmentStep(scene, by, task);
  if (kind === 'keeper') return randomKeeperStep(scene, by, task);
  return randomTaskStep(scene, by, task, actors);
}

/** An fd: mostly an open one. */
export function someFd({ random }: Scene, task: Task, kind: 'any' | 'buffer' | 'socket' = 'any'): number {
  if (random.chance(0.85)) {
    const open: number[] = [];
    for (let fd = 0; fd < task.files.limit; fd++) {
      const file = task.files.get(fd);
      if (file === null) continue;
      if (kind === 'any' || (kind === 'buffer') === (file.buffer !== null)) open.push(fd);
    }
    if (open.length > 0) return random.pick(open);
  }
  return newFd(random);
}

/** Where an fd may go: low for the most part, at the limits now and then. */
export function newFd(random: Random): number {
  return random.chance(0.92)
    ? random.below(24)
    : random.pick([-1, 63, 64, 1023, 1024, 1 << 20, 0x7fffffff, -0x80000000]);
}
