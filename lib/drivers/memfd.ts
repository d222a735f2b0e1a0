import { MemtrackError } from '../core/errors.ts';
import type { Exporter } from '../model/exporter.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { SEAL, shmemOperations } from './shmem.ts';

export const MFD = { CLOEXEC: 1, ALLOW_SEALING: 2, HUGETLB: 4, NOEXEC_SEAL: 8, EXEC: 16 } as const;

/** MFD_NAME_MAX_LEN: bytes of a name without NUL. */
const NAME_MAX = 249;

const EXPORTER: Exporter = { name: 'memfd', kind: 'memfd', memtrack: false };

/** memfd_create(2): files in the kernel's own tmpfs, with inodes numbered as they are made. */
export class Memfds {
  readonly #kernel: Kernel;
  readonly #dev: string;
  #inodes = 0;

  /** `dev`: st_dev of the kernel's own tmpfs, `major:minor`. */
  constructor(kernel: Kernel, dev = '0:1') {
    this.#kernel = kernel;
    this.#dev = dev;
  }

  /** EINVAL: flags not known or not together, or a name longer than 249 bytes; EMFILE. Size is 0 until ftruncate. */
  create(task: Task, name: string, flags = 0): number {
    const contrary = (flags & MFD.NOEXEC_SEAL) !== 0 && (flags & MFD.EXEC) !== 0;
    if ((flags & ~31) !== 0 || contrary) throw new MemtrackError('EINVAL', 'memfd_create', 'flags');
    if (new TextEncoder().encode(name).length > NAME_MAX) throw new MemtrackError('EINVAL', 'memfd_create', 'name');
    if (task.files.lowestFree() >= task.group.nofile) throw new MemtrackError('EMFILE', 'memfd_create');
    const noexec = (flags & MFD.NOEXEC_SEAL) !== 0;
    const seals = noexec ? SEAL.EXEC : (flags & MFD.ALLOW_SEALING) !== 0 ? 0 : SEAL.SEAL;
    const buffer = this.#kernel.createBuffer(EXPORTER, {
      size: 0,
      name,
      creator: task,
      files: [{ dev: this.#dev, inode: ++this.#inodes }],
    });
    const operations = shmemOperations({ seals, executable: !noexec }, () => `/memfd:${name} (deleted)`);
    return task.install(new File({ buffer, operations, flags: O.RDWR | O.LARGEFILE }), {
      cloexec: (flags & MFD.CLOEXEC) !== 0,
    });
  }
}
