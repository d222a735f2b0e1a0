/** The model against the kernel that this machine runs. `npm run differential` does the same for as long as wanted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random, seeds } from '../random.ts';
import { campaign } from './campaign.ts';
import { compare, describeDifference, playOnModel } from './compare.ts';
import { generate } from './generate.ts';
import { buildPerformer, Performer, Unable } from './performer.ts';
import { scenarioText } from './scenario-text.ts';
import { shrink } from './shrink.ts';
import type { Program, Step } from './step.ts';

const PROGRAMS = 300;
const STEPS = 60;
const TRAITS = { socketsNoexec: true, recent: true, sealsExec: true, rings: true };
const privileged = process.getuid?.() === 0;

let performer: Performer | null = null;
let remove = (): void => undefined;

beforeAll(async () => {
  try {
    const built = buildPerformer(import.meta.dirname);
    remove = () => built.remove();
    performer = await Performer.start(built.program);
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    console.warn(`the model is not compared with the running kernel: ${error.message}`);
  }
});

afterAll(() => {
  performer?.[Symbol.dispose]();
  remove();
});

describe('random programs', () => {
  const all = seeds([1]);
  test.for(all)(
    'answer and show the same on the model and on the running kernel, seed %i',
    { timeout: 300_000 },
    async (seed, { skip }) => {
      if (performer === null) return skip();
      const { traits } = performer;
      const programs = PROGRAMS / all.length;
      const found = await campaign(performer, { programs, steps: STEPS, seed, failures: 1, privileged, traits });
      expect(found.map(({ text }) => text).join('\n')).toBe('');
    },
  );

  test('are the same again from the same seed', () => {
    const [first, second] = [0, 1].map(
      () => generate(new Random(7), { steps: STEPS, privileged, traits: TRAITS }).program,
    );
    expect(first).toEqual(second);
    expect(first?.steps).toHaveLength(STEPS);
  });
});

const OPEN: Step = { op: 'memfd', by: 0, name: 0, flags: 0, size: 4096 };

describe('a difference', () => {
  test('in an answer or in what is shown is found where it begins', async ({ skip }) => {
    if (performer === null) return skip();
    const duplicates = (to: number): Program => ({
      unprivileged: false,
      roots: 1,
      steps: [OPEN, { op: 'dup2', by: 0, fd: 0, to }, OPEN],
    });
    expect(await compare(performer, duplicates(1))).toBeNull();
    const difference = await compare(performer, duplicates(1), playOnModel(duplicates(2)));
    expect(difference?.step).toBe(1);
    expect(describeDifference(difference!)).toContain('kernel: r 1\n');
    expect(describeDifference(difference!)).toContain('model:  f 2 2 0 4096 0 /memfd:b0 (deleted)');
  });

  test('is shrunk to the steps that it needs', async () => {
    const { program } = generate(new Random(11), { steps: STEPS, privileged, traits: TRAITS });
    const [early, late] = [program.steps[5]!, program.steps[40]!];
    let tries = 0;
    const small = await shrink(program, async ({ steps }) => {
      tries++;
      return steps.includes(early) && steps.includes(late);
    });
    expect(small).toEqual({ unprivileged: false, roots: 1, steps: [early, late] });
    expect(tries).toBeLessThan(400);
  });
});

describe('as a scenario', () => {
  const steps: readonly Step[] = [
    OPEN,
    { op: 'mmap', by: 0, address: 0, length: 8192, prot: 3, shared: true, place: 'hint', fd: 0, offset: 0 },
    { op: 'clone', by: 0, child: 1, flags: 0, signal: 17 },
    { op: 'close', by: 1, fd: 0 },
    { op: 'exitGroup', by: 1, status: 0 },
    { op: 'wait', by: 0, child: 1, flags: 0 },
  ];

  test('a program reads as its language has it', () => {
    expect(scenarioText({ unprivileged: false, roots: 1, steps })).toBe(
      'actor a0\na0 memfd b0 4096\na0 mmap b0 len=8192 off=0 prot=rw\na0 fork a1\na1 close b0\na1 exit\n' +
        'a0 wait a1\nsnap end\n',
    );
  });

  test('segments, rings and descriptors of others have words', () => {
    const more: readonly Step[] = [
      OPEN,
      { ...OPEN, by: 1, name: 1 },
      { op: 'shmget', by: 0, key: 7, size: 5000, flags: 0o1600 },
      { op: 'shmat', by: 0, segment: 0, address: 0, flags: 0 },
      { op: 'shmctl', by: 0, segment: 0, command: 0 },
      { op: 'shmdt', by: 0, address: 0x7fff_f7ff_d000 },
      { op: 'ring', by: 0, entries: 4 },
      { op: 'ringFiles', by: 0, ring: 1, how: 'register', at: 0, fds: [0] },
      { op: 'getfd', by: 1, target: 0, fd: 0 },
    ];
    expect(scenarioText({ unprivileged: false, roots: 2, steps: more })).toBe(
      'actor a0\nactor a1\na0 memfd b0 4096\na1 memfd b1 4096\na0 sysv h0 7 5000\na0 shmat h0\na0 shmrm h0\na0 shmdt h0\n' +
        'a0 ring r0\na0 ringreg r0 b0\na1 pidfdget b0 a0\nsnap end\n',
    );
  });

  test('one with a call that fails, or with a place of its own, has none', () => {
    expect(
      scenarioText({ unprivileged: false, roots: 1, steps: [...steps, { op: 'close', by: 0, fd: 9 }] }),
    ).toBeNull();
    expect(
      scenarioText({ unprivileged: false, roots: 1, steps: [...steps, { op: 'dup2', by: 0, fd: 0, to: 9 }] }),
    ).toBeNull();
  });
});
