import { MemtrackError } from '../core/errors.ts';
import { Actor } from './actor.ts';
import type { Operate } from './operate.ts';
import { Operation, parseNumber } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { Refusal } from './scenario-error.ts';
import type { Stage } from './stage.ts';

/** Does what a line says, which is not a `snap`. Throws MemtrackError or Refusal. */
export function perform(stage: Stage, [first = '', second = '', ...rest]: readonly string[]): void {
  const direct = DIRECTIONS[first];
  if (direct !== undefined) {
    direct(stage, [second, ...rest]);
    return;
  }
  const actor = stage.actor(first);
  const operate: Operate | undefined = Object.hasOwn(OPERATIONS, second) ? OPERATIONS[second] : undefined;
  if (operate === undefined)
    throw new Refusal(`unknown operation '${second}': there are ${Object.keys(OPERATIONS).join(', ')}`);
  if (!actor.alive) throw new Refusal(`actor ${first} is ${actor.task.state}`);
  if (!actor.listens) throw new Refusal(`actor ${first} does not listen: its command socket is closed`);
  const fails = rest.find((word) => word.startsWith('fails='))?.slice('fails='.length);
  const operation = new Operation(
    second,
    rest.filter((word) => !word.startsWith('fails=')),
  );
  if (fails === undefined) operate(stage, actor, operation);
  else failing(fails, () => operate(stage, actor, operation));
}

/** An operation that must fail with that errno. */
function failing(errno: string, operate: () => void): void {
  try {
    operate();
  } catch (error) {
    if (error instanceof MemtrackError && error.code === errno) return;
    throw error;
  }
  throw new Refusal(`did not fail with ${errno}`);
}

/** Lines that no actor says. */
const DIRECTIONS: Readonly<Record<string, ((stage: Stage, words: readonly string[]) => void) | undefined>> = {
  __proto__: null as never,

  actor(stage, [label = '']) {
    const task = stage.director.fork();
    stage.addActor(new Actor(label, task, null, null));
  },

  kill(stage, [label = '']) {
    const actor = stage.actor(label);
    if (!actor.task.group.alive) throw new Refusal(`actor ${label} is ${actor.task.state}`);
    actor.leader.task.kill(9);
  },

  reap(stage, [label = '']) {
    const { task } = stage.actor(label);
    if (task.parent !== stage.director) throw new Refusal(`${label}'s parent must wait for it`);
    if (stage.director.wait(task.pid) === null) throw new Refusal(`${label} has not ended`);
  },

  /** Milliseconds; nothing else in the model takes time. */
  sleep({ kernel }, [text = '']) {
    kernel.now += BigInt(parseNumber(text)) * 1_000_000n;
  },

  need(stage, paths) {
    for (const path of paths)
      if (!stage.has(path)) throw new Refusal(`${path} is not in the model: try it on a real kernel that has it`);
  },
};
