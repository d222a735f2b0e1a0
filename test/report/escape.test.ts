import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText } from '../../lib/core/text.ts';
import { escapeText, showName } from '../../lib/report/escape.ts';
import { textWidth } from '../../lib/report/text-width.ts';
import { property } from '../property.ts';

describe('a name that', () => {
  test.each([
    ['is plain stays as it is', 'cam-frame-0 (deleted)', 'cam-frame-0 (deleted)'],
    ['is in another script stays as it is', 'カメラ é ☃', 'カメラ é ☃'],
    ['colours the terminal', 'cam\u001b[31m', 'cam\\x1b[31m'],
    ['moves the cursor by a C1 control', 'a\u009b2J', 'a\\u009b2J'],
    ['forges a line', 'a\nname:\tx\r', 'a\\nname:\\tx\\r'],
    ['turns the reading order', 'gpj.\u202etxt', 'gpj.\\u202etxt'],
    ['hides letters', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['uses invisible tags', 'a\u{e0041}', 'a\\u{e0041}'],
    ['breaks the line by a separator', 'a\u2028b', 'a\\u2028b'],
    ['has a blank that is none', 'a\u00a0b', 'a\\u00a0b'],
    ['holds a backslash cannot pass for an escape', 'a\\n', 'a\\\\n'],
    ['ends in DEL', 'a\u007f', 'a\\x7f'],
    ['holds half a surrogate pair', 'a\ud800', 'a\\ud800'],
  ])('%s', (_, name, shown) => {
    expect(escapeText(name)).toBe(shown);
  });

  test('is no UTF-8 shows its bytes', () => {
    expect(escapeText(decodeText(Uint8Array.of(0x63, 0xff, 0xc3)))).toBe('c\\xff\\xc3');
  });

  test('is too long is cut, but not inside an escape', () => {
    expect(escapeText('abcdef', 6)).toBe('abcdef');
    expect(escapeText('abcdefg', 6)).toBe('abcde…');
    expect(escapeText('abc\u001b[31m', 6)).toBe('abc…');
    expect(escapeText('\n\n\n\n', 6)).toBe('\\n\\n…');
  });
});

test('no name and an empty name look different', () => {
  expect([showName(null), showName(''), showName('-'), showName('x')]).toEqual(['-', '""', '"-"', 'x']);
});

test('whatever the name: one line, nothing a terminal obeys, no two names alike, never longer than asked', () => {
  const name = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\\', 'n', 'x', '1', 'b', '\n', '\u001b', '\u202e'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(name, name, fc.integer({ min: 1, max: 40 }), (a, b, max) => {
      expect(escapeText(a)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(escapeText(a) === escapeText(b)).toBe(a === b);
      expect(escapeText(a, max).length).toBeLessThanOrEqual(max);
    }),
    property(1000),
  );
});

test('width counts wide letters twice, marks and colours not at all', () => {
  expect(['cam', 'カメラ', 'e\u0301', '\u001b[31mred\u001b[39m', '🎥'].map(textWidth)).toEqual([3, 6, 1, 3, 2]);
});
