/**
 * Why an input cannot be used: one line with the file, the place in it, what is wrong and what to try.
 *
 * @example
 * new TraceError('a.mtrk', 'is from a newer memtrack (version 2)', { position: 8, tryThis: 'update memtrack' })
 *   .message === 'a.mtrk: byte 8: is from a newer memtrack (version 2); update memtrack'
 */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly file: string;
  /** Bytes from the start of the (unwrapped) file; null where it has no meaning. */
  readonly position: number | null;

  constructor(file: string, what: string, options: TraceErrorOptions = {}) {
    const { position = null, tryThis, cause } = options;
    const place = position === null ? '' : `byte ${position}: `;
    super(oneLine(`${file}: ${place}${what}${tryThis === undefined ? '' : `; ${tryThis}`}`), { cause });
    this.file = file;
    this.position = position;
  }
}

export interface TraceErrorOptions {
  readonly position?: number;
  readonly tryThis?: string;
  readonly cause?: unknown;
}

/** File names may hold anything; a message is one line that a terminal can show. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it is for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
