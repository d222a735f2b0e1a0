import type { AnswerBuffer } from '../report/index.ts';
import { escapeText } from '../report/index.ts';
import { UsageError } from './exit-status.ts';

/** Whether a buffer is meant. */
export type Selector = (buffer: AnswerBuffer) => boolean;

const DEV_INO = /^dev:ino:(\d+:\d+)\/(\d+)$/;
/** What must go on with numbers; a name that begins so is found by `name:`. */
const NUMBERED = /^(?:dev:ino|ino|id|key):/;
const NUMBER = /^(ino|id|key):(\d+)$/;

/**
 * `ino:27`, `dev:ino:0:11/27`, `id:0`, `key:1`, `name:cam`, or a bare word: a name or tag, or a part of one.
 *
 * @throws UsageError for none of these.
 *
 * @example
 * buffers.filter(parseSelector('ino:27'))
 */
export function parseSelector(text: string): Selector {
  const file = DEV_INO.exec(text);
  if (file !== null) {
    const [, dev, inode] = file;
    return ({ files }) => files.some((one) => one.dev === dev && one.inode === Number(inode));
  }
  const number = NUMBER.exec(text);
  if (number !== null) {
    const wanted = Number(number[2]);
    if (number[1] === 'ino') return ({ files }) => files.some(({ inode }) => inode === wanted);
    return number[1] === 'id' ? ({ id }) => id === wanted : ({ key }) => key === wanted;
  }
  if (text === '' || NUMBERED.test(text)) {
    throw new UsageError(
      `"${escapeText(text)}" is no buffer: name it by ino:27, dev:ino:0:11/27, id:0, key:1, name:cam or a word of its name`,
    );
  }
  if (text.startsWith('name:')) return ({ name }) => name === text.slice('name:'.length);
  return ({ name, tag }) => name?.includes(text) === true || tag?.includes(text) === true;
}

/** What is meant: of several by a bare word, those called exactly so, if there are any. */
export function select(buffers: readonly AnswerBuffer[], text: string): readonly AnswerBuffer[] {
  const found = buffers.filter(parseSelector(text));
  const exact = found.filter(({ name, tag }) => name === text || tag === text);
  return exact.length > 0 ? exact : found;
}
