/** A program for people to read, and to play again. */
import { scenarioText } from './scenario-text.ts';
import type { Program } from './step.ts';

/** As a scenario if it can be one; as JSON, a step a line, in any case. */
export function printProgram(program: Program): string {
  const scenario = scenarioText(program);
  const json = printJson(program);
  return scenario === null ? `${json}\n(no scenario can express it)` : `${scenario}${json}`;
}

function printJson({ unprivileged, roots, steps }: Program): string {
  const lines = steps.map((step) => `  ${JSON.stringify(step)}`);
  return `{"unprivileged":${unprivileged},"roots":${roots},"steps":[\n${lines.join(',\n')}\n]}`;
}
