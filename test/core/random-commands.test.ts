/** The generator is worth what it reaches: every command succeeds often and fails in every way it can. */
import { expect, test } from 'vitest';
import { ERRNO } from '../../lib/core/errors.ts';
import { OP, RecordWriter } from '../../lib/core/record.ts';
import { Oracle } from '../oracle.ts';
import { RandomCommands, mixes } from '../random-commands.ts';
import { Random } from '../random.ts';

const { EBUSY, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, ESRCH } = ERRNO;

/** What intended with limits can answer, by command; EINVAL of exec and the like cannot be written. */
const POSSIBLE: Readonly<Record<string, readonly number[]>> = {
  spawn: [EINVAL, EEXIST],
  fork: [ESRCH, EINVAL, EEXIST, ENOMEM],
  exec: [ESRCH, ENOMEM],
  exit: [ESRCH],
  unshare: [ESRCH, ENOMEM],
  init: [ESRCH, EINVAL, EEXIST, ENOSPC, ENOMEM],
  remove: [ENOENT, EBUSY],
  setTag: [ENOENT, EINVAL, ENOMEM],
  resize: [ENOENT],
  install: [ESRCH, ENOENT, ENOMEM],
  uninstall: [ESRCH, ENOENT],
  vmOpen: [ESRCH, ENOENT, EINVAL, EEXIST, ENOMEM],
  vmClose: [ESRCH, ENOENT],
  vmAdjust: [ESRCH, ENOENT, EINVAL, EEXIST],
};

test('every command succeeds and fails in every way', () => {
  const seen = new Map<string, number>();
  for (const [index, mix] of mixes.entries()) {
    const oracle = new Oracle('intended', { handles: 25, vmas: 20, ids: 25, tags: 10 });
    const commands = new RandomCommands(new Random(index + 1), mix, 3);
    for (const text of ['a', 'b', 'c']) oracle.tag(text);
    const writer = new RecordWriter();
    for (let n = 0; n < 20_000; n++) {
      writer.clear();
      if (n % 50 === 0) commands.learn(oracle.state());
      commands.next(writer);
      const op = writer.words[7]! & 0xffff;
      const name = Object.entries(OP).find(([, value]) => value === op)?.[0];
      const [result] = oracle.apply(writer.words, writer.count);
      const key = `${name} ${result! < 0 ? -result! : 0}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  const missing = Object.entries(POSSIBLE).flatMap(([name, errnos]) =>
    [0, ...errnos]
      .filter((errno) => (seen.get(`${name} ${errno}`) ?? 0) < (errno === 0 ? 100 : 1))
      .map((errno) => `${name} ${errno}`),
  );
  expect(missing).toEqual([]);
});

test('the same seed writes the same commands', () => {
  const write = (seed: number): Uint32Array => {
    const commands = new RandomCommands(new Random(seed), mixes[0]!, 3);
    const writer = new RecordWriter();
    for (let n = 0; n < 1000; n++) commands.next(writer);
    return writer.words.slice(0, writer.count * 8);
  };
  expect(write(7)).toEqual(write(7));
  expect(write(7)).not.toEqual(write(8));
});
