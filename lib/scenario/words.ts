/** Bytes of a line, without its newline. */
const LINE_MAX = 1022;
/** Words of a line. */
const WORDS_MAX = 24;

const SPACE = /\s/;

/**
 * The words of a line of a scenario. `"…"` quotes, also within a word, with \n \t \\ \" inside; a line whose first word
 * begins with # is a comment.
 *
 * @returns null if the line is longer than 1,022 bytes or has more than 24 words.
 */
export function splitWords(line: string): readonly string[] | null {
  if (new TextEncoder().encode(line).length > LINE_MAX) return null;
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && SPACE.test(line[at]!)) at++;
    if (at === line.length || (line[at] === '#' && words.length === 0)) return words;
    if (words.length === WORDS_MAX) return null;
    let word = '';
    let quoted = false;
    for (; at < line.length && (quoted || !SPACE.test(line[at]!)); at++) {
      const char = line[at]!;
      if (char === '"') quoted = !quoted;
      else if (quoted && char === '\\' && at + 1 < line.length) word += unescape(line[++at]!);
      else word += char;
    }
    words.push(word);
  }
}

function unescape(char: string): string {
  return char === 'n' ? '\n' : char === 't' ? '\t' : char;
}
