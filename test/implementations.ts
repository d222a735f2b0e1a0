/** Everything that executes command records, for tests that hold for each. */
import { Oracle } from './oracle.ts';
import type { Implementation, Limits, Semantics } from './state.ts';

interface Kind {
  readonly name: string;
  readonly open: (semantics: Semantics, limits: Limits) => Implementation;
}

export const implementations: readonly Kind[] = [
  { name: 'oracle', open: (semantics, limits) => new Oracle(semantics, limits) },
];
