import { describe, expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { playScenario, playSteps, ScenarioError } from '../../lib/scenario/index.ts';

/** The refusal of the line that a scenario cannot be played beyond. */
function refusal(text: string): string {
  try {
    playScenario(text);
  } catch (error) {
    if (error instanceof ScenarioError) return `${error.line}: ${error.message}`;
    throw error;
  }
  throw new Error('it can be played');
}

describe('a scenario', () => {
  test('shows at each snap what is true then', () => {
    const steps = playScenario(
      'actor a\nactor b\na memfd m 8K name="two words"\nsnap one note="a has it"\na send b m\na close m\nsnap two\nb recv\nb mmap m prot=r\nsnap three',
    );
    expect(steps.map(({ step, name, note, line }) => [step, name, note, line])).toEqual([
      [0, 'one', 'a has it', 4],
      [1, 'two', '', 7],
      [2, 'three', '', 10],
    ]);
    const buffers = steps.map(({ truth }) => truth.buffers[0]!);
    expect(buffers.map(({ name, alive }) => [name, alive])).toEqual(Array(3).fill(['two words', true]));
    expect(buffers[0]!.fds).toMatchObject([{ actor: 'a', fd: 5, cloexec: false }]);
    expect(buffers[1]).toMatchObject({ fds: [], in_flight: [{ from: 'a', to: 'b' }] });
    expect(buffers[2]).toMatchObject({
      fds: [{ actor: 'b', fd: 5 }],
      maps: [{ actor: 'b', length: 8192, perms: 'r--s' }],
    });
  });

  test('has quotes, escapes and comments', () => {
    const [step] = playScenario(
      '# not this\n  actor a\na heap h 4K name="a b\\n\\t\\\\\\"#"\na setname h x"y z"w\nsnap s',
    );
    expect(step!.truth.buffers[0]!.name).toBe('xy zw');
  });

  test('may expect a failure, which then makes nothing', () => {
    const [step] = playScenario(
      'actor a\na memfd m 4K\na seal m grow fails=EPERM\na mmap m off=1 fails=EINVAL\nsnap s',
    );
    expect(step!.truth.buffers).toMatchObject([{ label: 'm', maps: [] }]);
    expect(step!.truth.buffers[0]!.seals).toBeUndefined();
  });

  test('is played on a kernel that its caller has, and leaves it as it is then', () => {
    using kernel = new Machine();
    playScenario('actor a\na heap h 64K\nsnap s', kernel);
    expect(kernel.snapshot().buffers.size).toEqual([65536]);
  });

  test('stands still at each step', () => {
    using kernel = new Machine();
    const sizes = [...playSteps('actor a\nsnap zero\na heap h 64K\nsnap one', kernel)].map(
      ({ snapshot }) => snapshot.buffers.length,
    );
    expect(sizes).toEqual([0, 1]);
  });
});

describe('what cannot be played', () => {
  test.each([
    ['actor', "1: what is 'actor'?"],
    ['a heap h 4K', "1: no actor 'a'"],
    ['actor a\n\na fly', "3: unknown operation 'fly'"],
    ['actor a\na heap h', '2: heap needs more words'],
    ['actor a\na heap h 4X', "2: bad size '4X'"],
    ['actor a\na heap h 4K\na heap h 4K', "3: object 'h' exists already"],
    ['actor a\na close h', "2: no object 'h'"],
    ['actor a\na heap h 4K\na close h\na close h', '4: a holds no fd on h'],
    ['actor a\na heap h 4K\na close h fd=9', '3: a has no fd 9 on h'],
    ['actor a\na heap h 4K\na munmap h', '3: a has no such mapping of h'],
    ['actor a\na heap h 4K\na setname h 01234567890123456789012345678901', '3: the kernel refuses: EINVAL'],
    ['actor a\na memfd m 4K\na seal m soft', "3: no seal 'soft'"],
    ['actor a\na memfd m 4K\na seal m grow fails=EBUSY', '3: the kernel refuses: EPERM'],
    ['actor a\na memfd m 4K sealable\na seal m grow fails=EBUSY', '3: did not fail with EBUSY'],
    ['actor a\na exit\na exit', '3: actor a is zombie'],
    ['actor a\na exit\nreap a\na exit', '4: actor a is dead'],
    ['actor a\na recv', '2: nothing in flight to a'],
    ['actor a\na closerange 3 4\na exit', '3: actor a does not listen'],
    ['actor a\na fork b\nreap b', "3: b's parent must wait for it"],
    ['actor a\na fork b\na wait b', '3: b has not ended'],
    ['need /dev/teapot', '1: /dev/teapot is not in the model'],
    [`actor ${Array(24).fill('x').join(' ')}`, '1: too long'],
    ['actor constructor\nconstructor toString x', "2: unknown operation 'toString'"],
    ['actor a\na sysv s -1 4K', "2: bad number '-1'"],
  ])('%j', (text, said) => {
    expect(refusal(text)).toContain(said);
  });

  test('what is no text, or no kernel, is a TypeError', () => {
    expect(() => playScenario(7 as never)).toThrow(TypeError);
    expect(() => playScenario('', {} as never)).toThrow(TypeError);
  });
});
