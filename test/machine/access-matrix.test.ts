import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { caps } from '../../lib/model/credentials.ts';
import type { Ids } from '../../lib/model/credentials.ts';
import type { Task } from '../../lib/model/task.ts';
import { attempt, pair } from './access-world.ts';

interface Who {
  readonly uid: readonly [number, number, number];
  readonly gid: readonly [number, number, number];
  /** null: all. */
  readonly caps: readonly number[] | null;
}

interface Recorded {
  readonly linux: string;
  readonly cases: readonly {
    readonly name: string;
    readonly reader: Who;
    readonly target: Who;
    readonly dumpable: 0 | 1;
    readonly results: Readonly<Record<string, string>>;
  }[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../captures/access/matrix.json', import.meta.url), 'utf8'),
) as Recorded;

const ids = ([real, effective, saved]: Who['uid']): Ids => ({ real, effective, saved, fs: effective });

function become(task: Task, who: Who, dumpable: 0 | 1): void {
  const set = who.caps === null ? task.credentials.permitted : caps(...who.caps);
  task.credentials = { ...task.credentials, uid: ids(who.uid), gid: ids(who.gid), permitted: set, effective: set };
  task.mm.dumpable = dumpable;
}

describe(`the model refuses as Linux ${recorded.linux} did (captures/access)`, () => {
  test.each(recorded.cases.map((one) => [one.name, one] as const))(
    '%s',
    (_name, { reader, target, dumpable, results }) => {
      const both = pair({}, {});
      become(both.target, target, dumpable);
      become(both.reader, reader, 1);
      const model = Object.fromEntries(Object.keys(results).map((name) => [name, attempt(both, name)]));
      expect(model).toEqual(results);
    },
  );
});
