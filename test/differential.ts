/**
 * Plays the same random commands to two implementations and compares every result, and the whole state after every
 * batch. A difference is shrunk to the few commands that show it.
 */
import { isDeepStrictEqual } from 'node:util';
import { RECORD_WORDS, RecordWriter } from '../lib/core/record.ts';
import type { Command } from './command-text.ts';
import { formatCommand, joinCommands, splitCommands } from './command-text.ts';
import type { Mix } from './random-commands.ts';
import { RandomCommands } from './random-commands.ts';
import { Random } from './random.ts';
import type { Implementation, State } from './state.ts';

export interface Pair {
  readonly expected: () => Implementation;
  readonly actual: () => Implementation;
}

export interface Run {
  readonly seed: number;
  readonly mix: Mix;
  /** At least this many. */
  readonly commands: number;
}

const TAGS = ['CAMERA', '', 'a tag that is longer than the ioctl would take', 'tab\tand ünicode'];
const MAX_BATCH = 500;

/** null: no difference; else text that says which, by the shortest commands found. */
export function findDifference(pair: Pair, { seed, mix, commands: total }: Run): string | null {
  const expected = pair.expected();
  const actual = pair.actual();
  try {
    const random = new Random(seed);
    const commands = new RandomCommands(random, mix, TAGS.length);
    const writer = new RecordWriter();
    const played: Command[] = [];
    if (!internTags(expected, actual)) return 'tag numbers differ';
    while (played.length < total) {
      writer.clear();
      const batch = random.chance(0.3) ? 1 + random.below(10) : 1 + random.below(MAX_BATCH);
      for (let n = 0; n < batch; n++) commands.next(writer);
      played.push(...splitCommands(writer.words, writer.count));
      if (batchDiffers(expected, actual, writer.words, writer.count) !== null) {
        return explain(pair, shrink(pair, played), seed, mix);
      }
      commands.learn(expected.state());
    }
    return null;
  } finally {
    expected.close();
    actual.close();
  }
}

function internTags(expected: Implementation, actual: Implementation): boolean {
  return TAGS.every((text) => expected.tag(text) === actual.tag(text));
}

function batchDiffers(
  expected: Implementation,
  actual: Implementation,
  words: Uint32Array,
  count: number,
): string | null {
  const wanted = expected.apply(words, count);
  const got = actual.apply(words, count);
  for (let row = 0; row < count; row++) {
    if (wanted[row] !== got[row]) return `result of record ${row}: ${got[row]}, expected ${wanted[row]}`;
  }
  const wantedState = expected.state();
  let state: State;
  try {
    state = actual.state();
  } catch (error) {
    return String(error);
  }
  if (isDeepStrictEqual(wantedState, state)) return null;
  return `state: ${JSON.stringify(state)}\nexpected: ${JSON.stringify(wantedState)}`;
}

/** Plays from the start, as one batch or command by command; null if all agree. */
function playAll(pair: Pair, commands: readonly Command[], singly: boolean): string | null {
  const expected = pair.expected();
  const actual = pair.actual();
  try {
    internTags(expected, actual);
    for (const part of singly ? commands.map((command) => [command]) : [commands]) {
      const words = joinCommands(part);
      const difference = batchDiffers(expected, actual, words, words.length / RECORD_WORDS);
      if (difference !== null) return difference;
    }
    return null;
  } finally {
    expected.close();
    actual.close();
  }
}

/** Leaves out halves, quarters, … single commands, as long as a difference remains. */
export function shrink(pair: Pair, commands: readonly Command[]): readonly Command[] {
  let kept = commands;
  for (let size = Math.ceil(kept.length / 2); size >= 1;) {
    let smaller = false;
    for (let at = Math.max(0, kept.length - size); ; at = Math.max(0, at - size)) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (without.length < kept.length && playAll(pair, without, false) !== null) {
        kept = without;
        smaller = true;
      }
      if (at === 0) break;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!smaller) break;
  }
  return kept;
}

function explain(pair: Pair, commands: readonly Command[], seed: number, mix: Mix): string {
  const difference =
    playAll(pair, commands, true) ?? `only as one batch: ${playAll(pair, commands, false) ?? 'not repeatable'}`;
  const shown = commands.slice(-40).map(formatCommand);
  if (commands.length > shown.length) shown.unshift(`… ${commands.length - shown.length} before`);
  return [
    `MEMTRACK_SEED=${seed}, mix ${mix.name}; ${commands.length} commands:`,
    ...shown.map((line) => `  ${line}`),
    difference,
  ].join('\n');
}
