import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { addon } from '../../lib/core/addon.ts';
import { FLAG, NO_FD, OP, RECORD_BYTES, RECORD_WORDS, VM, WORD } from '../../lib/core/record.ts';
import { ROOT } from '../house/sources.ts';

const header = readFileSync(path.join(ROOT, 'native/record/record.h'), 'utf8');

/** `kVmOpen` → `vmOpen`. */
function camel(constant: string): string {
  return constant[1]!.toLowerCase() + constant.slice(2);
}

function ops(): Record<string, number> {
  const found = [...header.matchAll(/\bX\((k\w+),\s*(\w+)\)/g)];
  return Object.fromEntries(found.map(([, name, value]) => [camel(name!), Number(value)]));
}

function constants(type: string): Record<string, number> {
  const found = header.matchAll(new RegExp(`inline constexpr ${type} (k\\w+) = (\\w+?)u?;`, 'g'));
  return Object.fromEntries([...found].map(([, name, value]) => [camel(name!), Number(value)]));
}

/** Byte offsets, worked out from the fields in order; the header asserts that there is no padding. */
function offsets(struct: string): Record<string, number> {
  const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(header)![1]!;
  let at = 0;
  return Object.fromEntries(
    [...body.matchAll(/uint(\d+)_t (\w+);/g)].map(([, bits, name]) => {
      const entry: [string, number] = [name!, at];
      at += Number(bits) / 8;
      return entry;
    }),
  );
}

describe('lib/core/record.ts mirrors native/record/record.h', () => {
  test('in every op', () => {
    expect(OP).toEqual(ops());
  });

  test('in every flag', () => {
    const { shareThread, ...flags } = constants('uint16_t');
    expect(FLAG).toEqual({ shareThread, ...flags });
  });

  test('in the bits of a VMA', () => {
    const bits = Object.entries(constants('uint32_t')).filter(([name]) => name.startsWith('vm'));
    const named = bits.map(([name, value]) => [name[2]!.toLowerCase() + name.slice(3), value]);
    expect(VM).toEqual(Object.fromEntries(named));
    expect(NO_FD).toBe(constants('uint32_t')['noFd']);
  });

  test('in the place of every field', () => {
    const { flags, op, ...record } = offsets('Record');
    expect(WORD).toEqual({
      ...Object.fromEntries(Object.entries(record).map(([name, byte]) => [name, byte / 4])),
      opFlags: op! / 4,
    });
    expect(flags).toBe(op! + 2);
    expect(flags! + 2).toBe(RECORD_BYTES);
    expect(RECORD_WORDS * 4).toBe(RECORD_BYTES);
    const tail = offsets('Tail');
    expect([tail['p'], tail['q'], tail['r'], tail['s'], tail['t'], tail['op']]).toEqual([0, 8, 16, 20, 24, op]);
  });

  test('and the add-on was built with the same', () => {
    const { op, flags, ...record } = addon.layout.offsets;
    expect(addon.layout.recordBytes).toBe(RECORD_BYTES);
    expect(Object.fromEntries(Object.entries(record).map(([name, byte]) => [name, byte / 4]))).toEqual({
      time: WORD.time,
      size: WORD.size,
      task: WORD.task,
      buffer: WORD.buffer,
      aux: WORD.aux,
    });
    expect([op, flags]).toEqual([WORD.opFlags * 4, WORD.opFlags * 4 + 2]);
    expect(Object.fromEntries(Object.entries(addon.layout.ops).map(([name, value]) => [camel(name), value]))).toEqual(
      OP,
    );
  });
});
