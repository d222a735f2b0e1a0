import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText, encodeText } from '../../lib/core/text.ts';
import { property } from '../property.ts';

test('any bytes come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect([...encodeText(decodeText(bytes))]).toEqual([...bytes]);
    }),
    property(1000),
  );
});

test('bytes cut out of UTF-8 come back as they were', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), fc.nat(8), fc.nat(8), (text, from, drop) => {
      const bytes = new TextEncoder().encode(text).slice(from, -drop || undefined);
      expect([...encodeText(decodeText(bytes))]).toEqual([...bytes]);
    }),
    property(1000),
  );
});

test('valid UTF-8 is decoded, a byte order mark is kept', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeText(new TextEncoder().encode(text))).toBe(text);
    }),
    property(),
  );
  expect(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
});

test.each([
  ['a stray byte', [0x63, 0xff], 'c\udcff'],
  ['an overlong form', [0xc0, 0x80], '\udcc0\udc80'],
  ['an overlong form of three', [0xe0, 0x80, 0xaf], '\udce0\udc80\udcaf'],
  ['a surrogate', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
  ['a cut sequence, then text', [0xe2, 0x82, 0x41], '\udce2\udc82A'],
])('%s is kept byte by byte', (_, bytes, text) => {
  expect(decodeText(Uint8Array.from(bytes))).toBe(text);
});
