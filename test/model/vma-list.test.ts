import fc from 'fast-check';
import { expect, test } from 'vitest';
import { File } from '../../lib/model/file.ts';
import { VmaList } from '../../lib/model/vma-list.ts';
import { Vma } from '../../lib/model/vma.ts';
import { property } from '../property.ts';

const FILE = new File();
const PAGE = 4096;

const step = fc.record({
  what: fc.constantFrom('insert', 'insert', 'insert', 'lowest', 'highest', 'remove', 'cut', 'shrink'),
  page: fc.nat(80),
  pages: fc.integer({ min: 1, max: 8 }),
});

test('is an array of VMAs, ascending, with their bounds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(30), (steps, expected) => {
      const list = new VmaList(expected);
      let plain: Vma[] = [];
      const put = (start: number, end: number): void => {
        if (plain.some((vma) => vma.start < end && vma.end > start)) return;
        const vma = new Vma(start, end, 0, FILE, 0, 0n);
        list.insert(list.indexOf(start), vma);
        plain = [...plain, vma].sort((a, b) => a.start - b.start);
      };
      for (const { what, page, pages } of steps) {
        const at = plain.length === 0 ? 0 : page % plain.length;
        if (what === 'insert') put(page * PAGE, (page + pages) * PAGE);
        if (what === 'lowest') put((plain[0]?.start ?? 1e9) - pages * PAGE, plain[0]?.start ?? 1e9);
        if (what === 'highest') put(plain.at(-1)?.end ?? 1e9, (plain.at(-1)?.end ?? 1e9) + pages * PAGE);
        if (what === 'remove' && plain.length > 0) expect(list.remove(at)).toBe(plain.splice(at, 1)[0]);
        if (what === 'cut') {
          const to = Math.min(at + pages, plain.length);
          expect(list.removeRange(at, to)).toEqual(plain.splice(at, to - at));
        }
        if (what === 'shrink' && plain.length > 0) {
          plain[at]!.end = plain[at]!.start + PAGE;
          list.moved(at);
        }
        expect(list.toArray()).toEqual(plain);
        expect(plain.map((_, i) => [list.at(i), list.start(i), list.end(i)])).toEqual(
          plain.map((vma) => [vma, vma.start, vma.end]),
        );
        const address = page * PAGE;
        const first = plain.findIndex((vma) => vma.end > address);
        expect(list.indexOf(address)).toBe(first < 0 ? plain.length : first);
        expect([list.get(-1), list.get(plain.length)]).toEqual([null, null]);
      }
    }),
    property(200),
  );
});
