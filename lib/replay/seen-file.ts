import type { FdTable } from '../model/fd-table.ts';
import type { FileOptions } from '../model/file.ts';
import { UnmarkedFile } from './recorded-file.ts';

/** Stands for the fd of an UnmarkedFile whose close-on-exec mark is known. */
const MARKED = -1;

/** Whose file a descriptor is, as the kernel told: an inode. */
export interface FileIdentity {
  /** A dev_t as the kernel keeps it; null: not told, the inode is a dma-buf's. */
  readonly dev: number | null;
  readonly inode: number;
}

/** A file that a recording identified by its inode when it was put at a descriptor. */
export class SeenFile extends UnmarkedFile {
  readonly seen: FileIdentity;

  /** `marked`: whether the recording tells if the descriptor is close-on-exec. */
  constructor(seen: FileIdentity, fd: number, marked: boolean, options: FileOptions) {
    super(marked ? MARKED : fd, options);
    this.seen = seen;
  }
}

/**
 * The descriptor that was closed, of those on the same file: whichever exec would have closed first. It makes no
 * difference to who holds the file. null: none is known.
 */
export function closedFd(files: FdTable, { dev, inode }: FileIdentity): number | null {
  let best: number | null = null;
  let rank = 0;
  for (let fd = 0; fd < files.limit; fd++) {
    const file = files.get(fd);
    if (!(file instanceof SeenFile) || file.seen.inode !== inode) continue;
    if (file.seen.dev !== null && dev !== null && file.seen.dev !== dev) continue;
    const here = files.cloexec(fd) ? 3 : file.fd === fd ? 2 : 1;
    if (here > rank) {
      best = fd;
      rank = here;
    }
  }
  return best;
}
