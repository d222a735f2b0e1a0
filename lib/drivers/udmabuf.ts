import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import { O, PAGE, VMA } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import { DmaBufExporter } from './dma-buf.ts';
import type { DmaBufs } from './dma-buf.ts';
import { SEAL } from './shmem.ts';

/** Bytes of one udmabuf (size_limit_mb). */
const SIZE_LIMIT = 64 * 2 ** 20;

const EXPORTER = new DmaBufExporter('udmabuf', { vmFlags: VM.io | VMA.noMerge | VMA.noExpand, privateMaps: false });

export interface UdmabufCreate {
  /** fd of a memfd sealed against shrinking and not against writing. */
  readonly memfd: number;
  /** Bytes, whole pages. Default 0. */
  readonly offset?: number;
  readonly size: number;
  /** UDMABUF_FLAGS_CLOEXEC. */
  readonly cloexec?: boolean;
}

/** /dev/udmabuf: dma-bufs whose pages are a memfd's. */
export class Udmabuf {
  readonly #dmaBufs: DmaBufs;

  constructor(dmaBufs: DmaBufs) {
    this.#dmaBufs = dmaBufs;
  }

  /**
   * UDMABUF_CREATE. EINVAL: not whole pages, more than the memfd has or 64 MiB, or not sealed as needed; EBADF;
   * EBADFD: not a memfd; EMFILE.
   */
  create(task: Task, options: UdmabufCreate): number {
    const { offset = 0, size } = options;
    const whole = offset >= 0 && offset % PAGE === 0 && size > 0 && size % PAGE === 0;
    if (!whole || size > SIZE_LIMIT)
      throw new MemtrackError('EINVAL', 'UDMABUF_CREATE', `offset ${offset}, size ${size}`);
    const memfd = task.file(options.memfd);
    const { buffer } = memfd;
    if (buffer === null || (buffer.kind !== 'memfd' && buffer.kind !== 'posix-shm'))
      throw new MemtrackError('EBADFD', 'UDMABUF_CREATE');
    const seals = memfd.operations.getSeals?.(memfd) ?? 0;
    if ((seals & SEAL.SHRINK) === 0 || (seals & SEAL.WRITE) !== 0)
      throw new MemtrackError('EINVAL', 'UDMABUF_CREATE', 'seals');
    if (offset + size > (buffer.size ?? 0)) throw new MemtrackError('EINVAL', 'UDMABUF_CREATE', 'beyond the memfd');
    const file = this.#dmaBufs.export(EXPORTER, { size, creator: task, backing: buffer, flags: O.RDWR });
    return task.installNew(file, { cloexec: options.cloexec ?? false });
  }
}
