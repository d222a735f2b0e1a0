/** One program on both sides. */
import { ModelSide } from './model-side.ts';
import type { Performer } from './performer.ts';
import type { Program } from './step.ts';

export interface Difference {
  /** Index of the step; -1: the start. */
  readonly step: number;
  readonly kernel: string;
  readonly model: string;
}

/** The model's blocks, up to where it breaks down if it does. */
export function playOnModel({ roots, steps }: Program): readonly string[] {
  const side = new ModelSide(roots);
  const blocks = [`r 0\n${side.show()}`];
  for (const step of steps) {
    try {
      blocks.push(side.perform(step));
    } catch (error) {
      blocks.push(`broke down: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      break;
    }
  }
  return blocks;
}

export function firstDifference(kernel: readonly string[], model: readonly string[]): Difference | null {
  for (let at = 0; at < kernel.length || at < model.length; at++) {
    const [there, here] = [kernel[at] ?? '', model[at] ?? ''];
    if (there !== here) return { step: at - 1, kernel: there, model: here };
  }
  return null;
}

export async function compare(performer: Performer, program: Program): Promise<Difference | null> {
  const kernel = performer.perform(program);
  const model = playOnModel(program);
  return firstDifference(await kernel, model);
}

/** The lines that only one side has. */
export function describeDifference({ step, kernel, model }: Difference): string {
  const there = kernel.split('\n');
  const here = model.split('\n');
  const lines = [
    ...there.filter((line) => !here.includes(line)).map((line) => `  kernel: ${line}`),
    ...here.filter((line) => !there.includes(line)).map((line) => `  model:  ${line}`),
  ];
  const order = lines.length === 0 ? [`  kernel:\n${kernel}  model:\n${model}`] : lines;
  return [`after step ${step}:`, ...order].join('\n');
}
