import { stripVTControlCharacters } from 'node:util';

const PLAIN = /^[\x20-\x7e]*$/;
const MARK = /\p{M}/u;
// East Asian wide and fullwidth letters, and what is drawn as a picture (Unicode Standard Annex 11).
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Columns a text takes on a terminal; colours take none. The text must be escaped: no controls. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of stripVTControlCharacters(text)) width += MARK.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}
