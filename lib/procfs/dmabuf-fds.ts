/** /proc/[pid]/task/[tid]/dmabuf_fds, as proposed in January 2021 and never merged. */

/**
 * The inode of every dma-buf descriptor, in order of descriptors, once per descriptor: `"%8lu "` each, and
 * no newline. Empty for a thread that shares its leader's files.
 *
 * @example
 * formatDmabufFds([27, 27, 30]) === '      27       27       30 '
 */
export function formatDmabufFds(inodes: Iterable<number>): string {
  let text = '';
  for (const inode of inodes) text += `${String(inode).padStart(8)} `;
  return text;
}

export interface ParsedDmabufFds {
  readonly inodes: readonly number[];
  /** Words that are not inode numbers. */
  readonly ignored: readonly string[];
}

/** Reads the file; the single blanks of its documentation are taken as well as the padding of its code. */
export function parseDmabufFds(text: string): ParsedDmabufFds {
  const inodes: number[] = [];
  const ignored: string[] = [];
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    if (/^\d+$/.test(word) && Number.isSafeInteger(Number(word))) inodes.push(Number(word));
    else ignored.push(word);
  }
  return { inodes, ignored };
}
