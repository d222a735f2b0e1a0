import { MemtrackError } from '../core/errors.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { Machine } from '../machine/machine.ts';
import type { BundleRecord } from './bundle.ts';
import { kernelFor } from './guest-kernel.ts';
import { Operation } from './operation.ts';
import { perform } from './perform.ts';
import { Refusal, ScenarioError } from './scenario-error.ts';
import { Stage } from './stage.ts';
import { takeBundle } from './take-bundle.ts';
import { tellTruth } from './tell-truth.ts';
import type { Truth } from './truth.ts';
import { splitWords } from './words.ts';

/** What one `snap` shows. */
export interface Step {
  /** From 0. */
  readonly step: number;
  readonly name: string;
  readonly note: string;
  /** Of the scenario, from 1. */
  readonly line: number;
  /** Who holds what, by the labels of the scenario. */
  readonly truth: Truth;
  readonly snapshot: Snapshot;
  /** The text of the modelled kernel's pseudo-files. */
  readonly files: readonly BundleRecord[];
}

/**
 * Plays a scenario (docs/conformance.md) on a kernel and returns what each of its snaps shows.
 *
 * @param text Of a `.scn` file.
 * @param kernel Default: a new one with vgem and, if the scenario speaks of /dev/dri/card1, virtio-gpu; it is closed at the end.
 * @throws ScenarioError at the first line that cannot be played; what came before it has happened.
 * @example
 * const [step] = playScenario('actor camera\ncamera heap frame 64K name=frame\ncamera dup frame\nsnap two');
 * step.truth.buffers[0].fds.length === 2;
 */
export function playScenario(text: string, kernel?: Machine): readonly Step[] {
  if (typeof text !== 'string') throw new TypeError('playScenario: expected the text of a scenario');
  if (kernel !== undefined && !(kernel instanceof Machine)) throw new TypeError('playScenario: expected a Kernel');
  const own = kernel ?? kernelFor(text);
  try {
    return [...playSteps(text, own)];
  } finally {
    if (kernel === undefined) own.close();
  }
}

/** The same step by step: at each the kernel stands still and may be looked at. */
export function* playSteps(text: string, kernel: Machine): Generator<Step, void, undefined> {
  const stage = new Stage(kernel);
  let step = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    const words = splitWords(line);
    if (words === null) throw new ScenarioError(number, 'too long: a line has at most 24 words and 1,022 bytes');
    const [first, second] = words;
    if (first === undefined) continue;
    if (second === undefined)
      throw new ScenarioError(number, `what is '${first}'? A line names an actor and what it does`);
    if (first === 'snap') {
      const note = new Operation(first, words.slice(2)).option('note') ?? '';
      yield {
        step,
        name: second,
        note,
        line: number,
        truth: tellTruth(stage, step, second, note),
        snapshot: kernel.snapshot(),
        files: takeBundle(kernel, stage.pids()),
      };
      step++;
      continue;
    }
    try {
      perform(stage, words);
    } catch (error) {
      throw at(number, error);
    }
  }
}

function at(line: number, error: unknown): unknown {
  if (error instanceof Refusal) return new ScenarioError(line, error.message, { cause: error });
  if (error instanceof MemtrackError)
    return new ScenarioError(line, `the kernel refuses: ${error.message}`, { cause: error });
  return error;
}
