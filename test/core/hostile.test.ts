/** Every argument can be anything: the answer is an error that names it, and nothing has happened. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemtrackError } from '../../lib/core/errors.ts';
import { Tracker } from '../../lib/core/tracker.ts';

type Loose = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

const NOT_WORDS: readonly unknown[] = [
  NaN,
  -1,
  -0.5,
  1.5,
  2 ** 32,
  Infinity,
  -Infinity,
  '1',
  '',
  null,
  true,
  {},
  [],
  [1],
  () => 1,
];
const NOT_AT_ALL: readonly unknown[] = [1n, Symbol('1')];
const PAGE = 4096;

let tracker: Tracker;
let loose: Loose;
let task: number;
let buffer: number;

beforeEach(() => {
  tracker = new Tracker();
  loose = tracker as unknown as Loose;
  task = tracker.spawn(612);
  buffer = tracker.init({ size: PAGE, task, tag: 'CAMERA' });
  tracker.install(task, buffer);
  tracker.vmOpen(task, buffer, { start: PAGE, end: 2 * PAGE, offset: 0, flags: 1 });
});
afterEach(() => {
  expect(tracker.check()).toBeNull();
  expect(tracker.readMemtrack(task)).toContain('CAMERA');
  tracker.close();
});

/** Calls by name, with good arguments; each of them is then spoilt in turn. */
const numeric = (): readonly (readonly [string, readonly unknown[]])[] => [
  ['spawn', [1]],
  ['fork', [task, 700]],
  ['exec', [task]],
  ['exit', [task]],
  ['unshare', [task]],
  ['remove', [buffer]],
  ['setTag', [buffer, null]],
  ['resize', [buffer, 1]],
  ['install', [task, buffer]],
  ['uninstall', [task, buffer]],
  ['vmClose', [task, buffer, PAGE]],
  ['holders', [buffer]],
  ['readMemtrack', [task]],
  ['readMemtrackInto', [task, new Uint8Array(8)]],
];

/** 2³² is a fine size or address, and Infinity is none. */
const wide = new Set(['resize 1', 'vmClose 2']);

describe('numbers', () => {
  test.each(NOT_WORDS.map((bad) => ({ bad })))('$bad is no key, pid or size', ({ bad }) => {
    const before = JSON.stringify(tracker.snapshot());
    for (const [name, good] of numeric()) {
      for (const [at, was] of good.entries()) {
        if (typeof was !== 'number' || (bad === 2 ** 32 && wide.has(`${name} ${at}`))) continue;
        const call = (): unknown => loose[name]!(...good.with(at, bad));
        expect(call, `${name} ${at}`).toThrow(TypeError);
        expect(call, `${name} ${at}`).toThrow(/^\w+(, buffer)?: expected (a )?whole numbers?/);
      }
    }
    expect(JSON.stringify(tracker.snapshot())).toBe(before);
  });

  test('nor is a bigint, a symbol or nothing', () => {
    for (const [name, good] of numeric()) {
      for (const bad of NOT_AT_ALL) expect(() => loose[name]!(...good.with(0, bad)), name).toThrow(TypeError);
      expect(() => loose[name]!(), name).toThrow(TypeError);
    }
  });

  test('fields of objects are checked one by one', () => {
    const vma = { start: 4 * PAGE, end: 5 * PAGE, offset: 0, flags: 0 };
    for (const bad of [...NOT_WORDS, ...NOT_AT_ALL, undefined]) {
      if (bad !== 2 ** 32) {
        for (const field of ['start', 'end', 'offset']) {
          expect(() => loose['vmOpen']!(task, buffer, { ...vma, [field]: bad }), field).toThrow(TypeError);
          expect(() => loose['vmAdjust']!(task, buffer, PAGE, { ...vma, [field]: bad }), field).toThrow(TypeError);
        }
        expect(() => loose['init']!({ size: bad })).toThrow(TypeError);
      }
      expect(() => loose['vmOpen']!(task, buffer, { ...vma, flags: bad })).toThrow(TypeError);
      if (bad !== undefined && bad !== null) expect(() => loose['init']!({ size: 1, task: bad })).toThrow(TypeError);
    }
    for (const bad of [undefined, null]) {
      expect(() => loose['vmOpen']!(task, buffer, bad)).toThrow(TypeError);
      expect(() => loose['init']!(bad)).toThrow(TypeError);
    }
  });

  test('sizes go to 2^53 - 1', () => {
    tracker.resize(buffer, Number.MAX_SAFE_INTEGER);
    expect(tracker.snapshot().buffers.size[0]).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => tracker.resize(buffer, 2 ** 53)).toThrow(TypeError);
  });

  test('the largest key is a key, and what is reserved too much is not taken', () => {
    expect(() => tracker.install(0xffffffff, buffer)).toThrow(new MemtrackError('ESRCH', 'memtrack_buffer_install'));
    expect(() => tracker.install(task, 0xffffffff)).toThrow(new MemtrackError('ENOENT', 'memtrack_buffer_install'));
    const next = tracker.reserve('task', 2);
    expect(() => tracker.reserve('task', 0xffffffff)).toThrow(RangeError);
    expect(() => tracker.reserve('task', 0)).toThrow(RangeError);
    expect(tracker.reserve('task')).toBe(next + 2);
  });
});

describe('text', () => {
  test('a tag or a name is a string', () => {
    for (const bad of [...NOT_WORDS, ...NOT_AT_ALL, undefined]) {
      if (typeof bad === 'string') continue;
      expect(() => loose['tag']!(bad)).toThrow('tag: expected a string');
      if (bad !== null) expect(() => loose['setTag']!(buffer, bad)).toThrow('tag: expected a string');
      if (bad !== undefined) expect(() => new Tracker({ name: bad as string })).toThrow('name: expected a string');
    }
  });

  test('and any string is one: empty, long, with NUL, with half a surrogate', () => {
    for (const text of ['', 'a\0b', '\ud800', 'x'.repeat(1 << 20), 'тег']) {
      const number = tracker.tag(text);
      expect(tracker.tag(text)).toBe(number);
      expect(tracker.tagText(number)).toBe(text === '\ud800' ? '\ufffd' : text);
      tracker.setTag(buffer, text);
      expect(tracker.readMemtrack(task, 'patch2').length).toBeGreaterThan(text.length);
    }
    tracker.setTag(buffer, 'CAMERA');
  });

  test('a tag number that was never given out has no text', () => {
    expect(() => tracker.tagText(99)).toThrow(RangeError);
    for (const bad of NOT_WORDS) if (bad !== 0) expect(() => tracker.tagText(bad as number)).toThrow(TypeError);
  });

  test('forms, semantics and linking are among the words they can be', () => {
    for (const bad of ['Series', '', 0, {}, null]) {
      expect(() => tracker.readMemtrack(task, bad as 'series')).toThrow(TypeError);
      expect(() => new Tracker({ semantics: bad as 'posted' })).toThrow(TypeError);
      expect(() => new Tracker({ linking: bad as 'eager' })).toThrow(TypeError);
    }
  });
});

describe('options', () => {
  test.each(['handles', 'vmas', 'tags', 'ids'])('limits.%s', (limit) => {
    for (const bad of [NaN, -1, 1.5, '1', {}, 1n, -Infinity]) {
      expect(() => new Tracker({ limits: { [limit]: bad } })).toThrow(TypeError);
    }
  });

  test('a name stands for one set of options', () => {
    const first = new Tracker({ name: 'hostile options' });
    for (const options of [{ semantics: 'posted' }, { linking: 'eager' }, { limits: { handles: 1 } }] as const) {
      expect(() => new Tracker({ ...options, name: 'hostile options' })).toThrow(/open with other options/);
    }
    first.close();
    new Tracker({ name: 'hostile options', semantics: 'posted' }).close();
  });
});

describe('after close', () => {
  test('everything but close says so', () => {
    const closed = new Tracker();
    closed.close();
    closed.close();
    closed[Symbol.dispose]();
    const rest: readonly (readonly [string, readonly unknown[]])[] = [
      ...numeric(),
      ['init', [{ size: 1 }]],
      ['tag', ['x']],
      ['tagText', [1]],
      ['snapshot', []],
      ['counters', []],
      ['bytes', []],
      ['check', []],
      ['readDebugfs', []],
      ['reserve', ['task']],
      ['apply', [new Uint32Array(8), 1]],
      ['apply', [new Uint32Array(8), 0]],
      ['vmOpen', [1, 1, { start: 0, end: 1, offset: 0, flags: 0 }]],
      ['vmAdjust', [1, 1, 0, { start: 0, end: 1, offset: 0, flags: 0 }]],
      ['setTag', [1, 'x']],
    ];
    for (const [name, args] of rest) {
      expect(() => (closed as unknown as Loose)[name]!(...args), name).toThrow('the tracker is closed');
    }
    const names = Object.getOwnPropertyNames(Tracker.prototype);
    expect(names.filter((name) => !['constructor', 'close', ...rest.map(([each]) => each)].includes(name))).toEqual([]);
  });

  test('another tracker is not mistaken for it', () => {
    const closed = new Tracker();
    closed.close();
    const other = new Tracker();
    expect(() => closed.spawn(1)).toThrow('the tracker is closed');
    expect(other.spawn(1)).toBe(1);
    other.close();
  });
});

test('a forged this is refused', () => {
  for (const name of Object.getOwnPropertyNames(Tracker.prototype)) {
    if (name === 'constructor') continue;
    const method = (Tracker.prototype as unknown as Loose)[name]!;
    for (const forged of [
      {},
      Object.create(Tracker.prototype),
      Object.create(tracker),
      new Proxy(tracker, {}),
      undefined,
      0,
    ]) {
      expect(() => method.call(forged, 1, 1, { start: 0, end: 1, offset: 0, flags: 0 }), name).toThrow(TypeError);
    }
  }
  expect(() => (Tracker as unknown as () => unknown)()).toThrow(TypeError);
});

test('options that do not exist are named', () => {
  for (const options of [{ semantic: 'posted' }, { limits: { handle: 1 } }]) {
    expect(() => new Tracker(options as object)).toThrow(/unknown option '(?:semantic|handle)'; expected /);
  }
  const key = tracker.reserve('task');
  expect(() => tracker.fork(task, 3, { sharefiles: true } as object)).toThrow(/^fork: unknown option 'sharefiles'/);
  expect(tracker.reserve('task')).toBe(key + 1);
});
