/** What a recording calls a descriptor: strace's text between `<` and `>`, as /proc/[pid]/fd/N links. */

export type NamedKind = 'dma-buf' | 'memfd' | 'posix-shm';

export interface FdName {
  /** null: no shared buffer. */
  readonly kind: NamedKind | null;
  /** Of the buffer, without the prefix of its kind; null: it has none. */
  readonly name: string | null;
}

const DMABUF = '/dmabuf:';
const MEMFD = '/memfd:';
const SHM = /^(?:\/dev|(?:\/var)?\/run)\/shm\/(?=.)/;

const NOTHING: FdName = { kind: null, name: null };

/**
 * Tells buffers from other files. Decoders have taken off the ` (deleted)` that the kernel adds to memfds and unlinked
 * files; it never does to a dma-buf, so there it is part of the name.
 *
 * @example
 * parseFdName('/memfd:frame') // { kind: 'memfd', name: 'frame' }
 */
export function parseFdName(text: string): FdName {
  if (text.startsWith(DMABUF)) {
    const name = text.slice(DMABUF.length);
    return { kind: 'dma-buf', name: name === '' ? null : name };
  }
  if (text.startsWith(MEMFD)) return { kind: 'memfd', name: text.slice(MEMFD.length) };
  if (isShmPath(text)) return { kind: 'posix-shm', name: shmName(text) };
  return NOTHING;
}

/** Whether a path names a POSIX shared memory object: a file in /dev/shm. */
export function isShmPath(path: string): boolean {
  return SHM.test(path);
}

/** The object's name as shm_open(3) takes it, without the leading slash. */
export function shmName(path: string): string {
  return path.replace(SHM, '');
}
