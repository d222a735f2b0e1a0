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

/** What the model answered and showed at the start and after each step, up to where it broke down if it did. */
export interface Played {
  readonly blocks: readonly string[];
  readonly collecting: ReadonlySet<number>;
}

export function playOnModel(program: Program): Played {
  const side = new ModelSide(program);
  const blocks = [side.begin()];
  for (const step of program.steps) {
    try {
      blocks.push(side.perform(step));
    } catch (error) {
      blocks.push(breakdown(error));
      break;
    }
  }
  return { blocks, collecting: side.collecting };
}

/** The block of a step in which the model throws what no system call returns. */
export function breakdown(error: unknown): string {
  return `broke down: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}

/** Rounds of collecting sockets when a difference may be but one of time. */
const PATIENT = 60;

export async function compare(
  performer: Performer,
  program: Program,
  { blocks, collecting }: Played = playOnModel(program),
): Promise<Difference | null> {
  const difference = firstDifference(await performer.perform(program, collecting), blocks);
  if (difference === null || collecting.size === 0) return difference;
  return firstDifference(await performer.perform(program, collecting, PATIENT), blocks);
}

function firstDifference(kernel: readonly string[], model: readonly string[]): Difference | null {
  for (let at = 0; at < kernel.length || at < model.length; at++) {
    const [there, here] = [kernel[at] ?? '', model[at] ?? ''];
    if (there !== here) return { step: at - 1, kernel: there, model: here };
  }
  return null;
}

/** What a difference is about: the call, and the kinds of lines that differ. A smaller program should fail by the same. */
export function kindOfDifference(difference: Difference | null, { steps }: Program): string | null {
  if (difference === null) return null;
  const kinds = new Set(onlyOneHas(difference).map((line) => line.trimStart().replace(/^(\w+: +\S).*/s, '$1')));
  return `${steps[difference.step]?.op ?? 'start'} ${[...kinds].sort().join(' ')}`;
}

export function describeDifference(difference: Difference): string {
  const { step, kernel, model } = difference;
  const lines = onlyOneHas(difference).map((line) => `  ${line}`);
  const order = lines.length === 0 ? [`  kernel:\n${kernel}  model:\n${model}`] : lines;
  return [`after step ${step}:`, ...order].join('\n');
}

/** The lines that only one side has. */
function onlyOneHas({ kernel, model }: Difference): readonly string[] {
  const there = kernel.split('\n');
  const here = model.split('\n');
  return [
    ...there.filter((line) => !here.includes(line)).map((line) => `kernel: ${line}`),
    ...here.filter((line) => !there.includes(line)).map((line) => `model:  ${line}`),
  ];
}
