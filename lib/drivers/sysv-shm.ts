import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import type { Exporter } from '../model/exporter.ts';
import { O, PAGE, pageAlign, pageAligned, PROT } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { checkIpc, checkIpcOwner } from './ipc-permission.ts';
import { IpcIds } from './ipc-ids.ts';
import { ShmSegment, type ShmStat } from './shm-segment.ts';

export const IPC = { PRIVATE: 0, CREAT: 0o1000, EXCL: 0o2000, RMID: 0, STAT: 2 } as const;
export const SHM = { RDONLY: 0o10000, RND: 0o20000, REMAP: 0o40000, EXEC: 0o100000 } as const;

/** Defaults of kernel.shmmni, shmall (pages) and shmmax (bytes). */
const SHMMNI = 4096;
const SHMALL = 2 ** 64 - 2 ** 24;
const SHMMAX = 2 ** 64 - 2 ** 24;

const EXPORTER: Exporter = { name: 'sysv', kind: 'sysv-shm', memtrack: false };

export interface ShmatOptions {
  /** Where; default: the kernel chooses. */
  readonly address?: number;
  /** SHM_ flags. */
  readonly flags?: number;
}

/**
 * System V shared memory. A segment lives by its id until that is removed, and then until it is attached nowhere; each attach is an
 * open file of its own, which only its mappings refer to. The inode of a segment is its id, on the device of memfds.
 */
export class SysvShm {
  readonly #kernel: Kernel;
  readonly #dev: string;
  readonly #ids = new IpcIds<ShmSegment>(SHMMNI);
  #pages = 0;

  /** `dev`: st_dev of the kernel's own tmpfs, `major:minor`. */
  constructor(kernel: Kernel, dev = '0:1') {
    this.#kernel = kernel;
    this.#dev = dev;
  }

  /** Segments in the order of /proc/sysvipc/shm. */
  get segments(): readonly ShmSegment[] {
    return this.#ids.values();
  }

  /**
   * shmget(2). EACCES: what is asked for is not permitted; ENOENT: no such key and no IPC_CREAT; EEXIST: with IPC_CREAT | IPC_EXCL; EINVAL: no size, too large, or larger
   * than the segment there is; ENOSPC: too many segments or pages.
   */
  get(task: Task, key: number, size: number, flags: number): number {
    if (!Number.isSafeInteger(key)) throw new TypeError(`key: expected a whole number, got ${String(key)}`);
    const found = key === IPC.PRIVATE ? undefined : this.segments.find((segment) => segment.key === (key | 0));
    if (found === undefined) {
      if (key !== IPC.PRIVATE && (flags & IPC.CREAT) === 0) throw new MemtrackError('ENOENT', 'shmget', hex(key));
      return this.#create(task, key | 0, size, flags & 0o777);
    }
    if ((flags & IPC.CREAT) !== 0 && (flags & IPC.EXCL) !== 0) throw new MemtrackError('EEXIST', 'shmget', hex(key));
    if (size > found.size) throw new MemtrackError('EINVAL', 'shmget', `size ${size}`);
    checkIpc(task, found.owner, found.mode, flags & 0o777, 'shmget');
    return found.id;
  }

  /**
   * shmat(2); returns the address. EINVAL: no such segment, an address not on a page without SHM_RND, one that is taken without
   * SHM_REMAP, or SHM_REMAP without one; EACCES; ENOMEM.
   */
  attach(task: Task, id: number, options: ShmatOptions = {}): number {
    refuseUnknownOptions(options, ['address', 'flags'], 'shmat');
    const { flags = 0 } = options;
    const asked = options.address ?? 0;
    const address = (flags & SHM.RND) !== 0 ? Math.floor(asked / PAGE) * PAGE : asked;
    const remap = (flags & SHM.REMAP) !== 0;
    if (!pageAligned(address) || (remap && address === 0)) throw new MemtrackError('EINVAL', 'shmat', hex(asked));
    const readonly = (flags & SHM.RDONLY) !== 0;
    const exec = (flags & SHM.EXEC) !== 0;
    const segment = this.#find(id, 'shmat');
    const rights = 0o444 | (readonly ? 0 : 0o222) | (exec ? 0o111 : 0);
    checkIpc(task, segment.owner, segment.mode, rights, 'shmat');
    const length = pageAlign(segment.size);
    if (address !== 0 && !remap && task.mm.occupied(address, length))
      throw new MemtrackError('EINVAL', 'shmat', `${hex(address)} is taken`);
    const file = segment.open(readonly ? O.RDONLY : O.RDWR);
    try {
      const prot = PROT.READ | (readonly ? 0 : PROT.WRITE) | (exec ? PROT.EXEC : 0);
      return task.mapFile(file, { length, prot, ...(address === 0 ? {} : { address, fixed: true }) });
    } finally {
      file.put();
    }
  }

  /** shmdt(2): what of one attach lies where it was put. EINVAL: nothing does. */
  detach(task: Task, address: number): void {
    const own = pageAligned(address)
      ? task.mm.vmas.filter((vma) => vma.start >= address && vma.start - address === vma.offset)
      : [];
    const first = own.find((vma) => vma.file.buffer?.exporter === EXPORTER);
    if (first === undefined) throw new MemtrackError('EINVAL', 'shmdt', hex(address));
    const { file } = first;
    const end = address + pageAlign(file.buffer?.size ?? 0);
    const parts = own.filter((vma) => vma === first || (vma.file === file && vma.end <= end));
    for (const { start, end: to } of parts.map((vma) => ({ start: vma.start, end: vma.end })))
      task.mm.unmap(task, start, to - start);
  }

  /** IPC_STAT. EINVAL: no such segment; EACCES. */
  stat(task: Task, id: number): ShmStat {
    const segment = this.#find(id, 'shmctl');
    checkIpc(task, segment.owner, segment.mode, 0o444, 'shmctl');
    return segment.stat();
  }

  /** IPC_RMID: the id goes when the segment is attached nowhere any more, the key at once. EINVAL; EPERM: not its owner. */
  remove(task: Task, id: number): void {
    const segment = this.#find(id, 'shmctl');
    checkIpcOwner(task, segment.owner, 'shmctl');
    segment.condemn();
  }

  #create(task: Task, key: number, size: number, mode: number): number {
    if (!(size >= 1) || size > SHMMAX) throw new MemtrackError('EINVAL', 'shmget', `size ${size}`);
    const pages = Math.ceil(size / PAGE);
    if (this.#pages + pages > SHMALL || this.#ids.full) throw new MemtrackError('ENOSPC', 'shmget');
    this.#pages += pages;
    const { id } = this.#ids.add((made) => {
      const buffer = this.#kernel.createBuffer(EXPORTER, {
        size,
        name: `SYSV${(key >>> 0).toString(16).padStart(8, '0')}`,
        creator: task,
        named: true,
        files: [{ dev: this.#dev, inode: made }],
      });
      return new ShmSegment(this.#kernel, task, { id: made, key, mode, buffer }, (segment) => {
        this.#pages -= pages;
        this.#ids.delete(segment.id);
      });
    });
    return id;
  }

  #find(id: number, syscall: string): ShmSegment {
    const segment = this.#ids.at(id);
    if (segment?.id !== id) throw new MemtrackError('EINVAL', syscall, `segment ${id}`);
    return segment;
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
