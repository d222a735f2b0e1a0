import type { BufferFile } from '../core/snapshot.ts';
import type { Kernel } from '../model/kernel.ts';

/**
 * How dma-bufs get inodes. `private`: from a counter of their own, 1, 2, 3 … and never again (Linux 5.19 and later). `shared`: from
 * the 32-bit counter of get_next_ino, which sockets use too and which comes round (5.3 to 5.18). `anonymous`: none, all have the one
 * of anon_inodefs (before 5.3).
 */
export type DmaBufInodes = 'private' | 'shared' | 'anonymous';

/** Gives out what `BufferFile` says of a dma-buf. */
export class DmaBufInodeNumbers {
  readonly #kernel: Kernel;
  readonly #scheme: DmaBufInodes;
  readonly #dev: string;
  readonly #anonymous: number;
  #last = 0;

  /** `dev`: st_dev of all dma-bufs, `major:minor`. */
  constructor(kernel: Kernel, scheme: DmaBufInodes, dev: string) {
    this.#kernel = kernel;
    this.#scheme = scheme;
    this.#dev = dev;
    this.#anonymous = scheme === 'anonymous' ? kernel.nextAnonymousInode() : 0;
  }

  next(): BufferFile {
    return { dev: this.#dev, inode: this.#number() };
  }

  #number(): number {
    if (this.#scheme === 'anonymous') return this.#anonymous;
    return this.#scheme === 'shared' ? this.#kernel.nextAnonymousInode() : ++this.#last;
  }
}
