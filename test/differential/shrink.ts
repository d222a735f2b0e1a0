/** Delta debugging: the fewest steps of a program that still fail. */
import type { Program, Step } from './step.ts';

/**
 * Leaves out ever smaller runs of steps as long as what is left still fails (`fails` is asked once per attempt), then tries
 * fewer roots. The result fails and loses that with any one step less, unless chance plays a part.
 */
export async function shrink(program: Program, fails: (candidate: Program) => Promise<boolean>): Promise<Program> {
  let best = program;
  for (let size = Math.ceil(program.steps.length / 2); size >= 1;) {
    const shorter = await withoutOneRun(best, size, fails);
    if (shorter === null) size = size === 1 ? 0 : Math.ceil(size / 2);
    else best = shorter;
  }
  best = await withFewerActors(best, fails);
  while (best.roots > 1) {
    const fewer = { ...best, roots: best.roots - 1 };
    if (!(await fails(fewer))) break;
    best = fewer;
  }
  return best;
}

/** Another actor does what one does, which then need not be started. */
async function withFewerActors(program: Program, fails: (candidate: Program) => Promise<boolean>): Promise<Program> {
  let best = program;
  const slots = [
    ...new Set(program.steps.flatMap((step) => (step.op === 'clone' ? [step.child, step.by] : [step.by]))),
  ];
  for (const from of slots.toSorted((a, b) => b - a)) {
    for (const to of slots.filter((slot) => slot < from)) {
      const steps = best.steps.filter((step) => step.op !== 'clone' || step.child !== from);
      const candidate = { ...best, steps: steps.map((step) => (step.by === from ? { ...step, by: to } : step)) };
      if (!(await fails(candidate))) continue;
      best = candidate;
      break;
    }
  }
  return best;
}

async function withoutOneRun(
  program: Program,
  size: number,
  fails: (candidate: Program) => Promise<boolean>,
): Promise<Program | null> {
  const { steps } = program;
  let left: readonly Step[] = steps;
  // From the end: late steps depend on early ones, so the tail goes first.
  for (let at = left.length - size; at > -size; at -= size) {
    const from = Math.max(at, 0);
    const candidate = [...left.slice(0, from), ...left.slice(at + size)];
    if (await fails({ ...program, steps: candidate })) left = candidate;
  }
  return left.length < steps.length ? { ...program, steps: left } : null;
}
