/** A program for people to read. */
import type { Program } from './step.ts';

export function printProgram(program: Program): string {
  return printJson(program);
}

/** A step a line. */
export function printJson({ roots, steps }: Program): string {
  const lines = steps.map((step) => `  ${JSON.stringify(step)}`);
  return `{"roots":${roots},"steps":[\n${lines.join(',\n')}\n]}`;
}
