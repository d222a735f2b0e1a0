/** Everything that executes command records, for tests that hold for each. */
import { CoreAdapter } from './core-adapter.ts';
import { Oracle } from './oracle.ts';
import type { Implementation, Limits, Semantics } from './state.ts';

interface Kind {
  readonly name: string;
  readonly open: (semantics: Semantics, limits: Limits) => Implementation;
}

let names = 0;

export const implementations: readonly Kind[] = [
  { name: 'oracle', open: (semantics, limits) => new Oracle(semantics, limits) },
  { name: 'deferred', open: (semantics, limits) => new CoreAdapter({ semantics, limits }) },
  { name: 'eager', open: (semantics, limits) => new CoreAdapter({ semantics, limits, linking: 'eager' }) },
  {
    name: 'named',
    open: (semantics, limits) => new CoreAdapter({ semantics, limits, name: `implementation ${++names}` }),
  },
];
