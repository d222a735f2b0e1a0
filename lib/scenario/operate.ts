import type { Actor } from './actor.ts';
import type { Operation } from './operation.ts';
import type { Stage } from './stage.ts';

/** What an actor does at one operation: system calls of its task. Throws MemtrackError or Refusal. */
export type Operate = (stage: Stage, actor: Actor, operation: Operation) => void;
