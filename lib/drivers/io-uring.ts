import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { VM } from '../core/record.ts';
import type { FileOperations, Held } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { VMA } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';

/** IORING_SETUP_ */
export const IORING_SETUP = { CQSIZE: 8, CLAMP: 16 } as const;
/** In a list of fds: an empty slot; in an update: the slot stays as it is (IORING_REGISTER_FILES_SKIP). */
export const IORING_FILES = { NONE: -1, SKIP: -2 } as const;

const MAX_ENTRIES = 32768;
const MAX_FIXED_FILES = 1 << 20;
/** Bits of an mmap offset that choose a region; the submission and completion rings are one. */
const OFF_MASK = 0xf800_0000;
const REGIONS: readonly number[] = [0, 0x800_0000, 0x1000_0000];

export interface IoUringSetup {
  /** IORING_SETUP_CQSIZE and IORING_SETUP_CLAMP; others change nothing here and are refused. */
  readonly flags?: number;
  /** With IORING_SETUP_CQSIZE. Default: twice the entries. */
  readonly cqEntries?: number;
}

interface Slot {
  readonly file: File;
  readonly since: bigint;
}

/** An io_uring: holds the files that are registered with it for as long as it has itself an fd, a mapping or a message. */
export class IoUring extends File {
  /** Powers of two. */
  readonly sqEntries: number;
  readonly cqEntries: number;
  /** The table of registered files, null where empty; null: none is registered. */
  slots: (Slot | null)[] | null = null;

  constructor(sqEntries: number, cqEntries: number, operations: FileOperations = OPERATIONS) {
    super({ operations, path: 'anon_inode:[io_uring]' });
    this.sqEntries = sqEntries;
    this.cqEntries = cqEntries;
  }

  /** What is registered, with its slot. */
  get registered(): readonly { readonly slot: number; readonly file: File }[] {
    return (this.slots ?? []).flatMap((held, slot) => (held === null ? [] : [{ slot, file: held.file }]));
  }

  /** The kernel drops them in the background, some time after the last reference; the model at once. */
  drop(): void {
    const slots = this.slots ?? [];
    this.slots = null;
    for (const slot of slots) slot?.file.put();
  }
}

const OPERATIONS: FileOperations = {
  noexec: true,
  poll: true,
  unsendable: true,
  // VM_DONTEXPAND | VM_MIXEDMAP
  vmFlags: VM.io | VMA.noMerge | VMA.noExpand,
  mmap: () => undefined,
  movesAlone: true,
  // io_uring_get_unmapped_area: the kernel alone chooses the address.
  mayPlace: (_file, { offset }, address) => {
    if (address !== 0) throw new MemtrackError('EINVAL', 'mmap', 'an io_uring goes where the kernel likes');
    const region = Math.floor(offset / 2 ** 27) * 2 ** 27;
    if (offset >= 2 ** 32 || !REGIONS.includes((region & OFF_MASK) >>> 0)) throw new MemtrackError('ENOMEM', 'mmap');
  },
  container: 'io-uring',
  holds: (file) => held(file),
  keeps: (file) => (file instanceof IoUring ? file.registered.map((each) => each.file) : []),
  release: (file) => {
    if (file instanceof IoUring) file.drop();
  },
};

function* held(file: File): Generator<Held> {
  if (!(file instanceof IoUring)) return;
  for (const [number, slot] of (file.slots ?? []).entries()) {
    const buffer = slot?.file.buffer;
    if (slot && buffer) yield { buffer, via: 'registered', number, since: slot.since };
  }
}

/** io_uring_setup(2) and io_uring_register(2), as far as files are held. */
export class IoUrings {
  readonly #kernel: Kernel;
  readonly #operations: FileOperations;
  readonly #live = new Set<IoUring>();

  /** Rings that are somewhere open. */
  get live(): readonly IoUring[] {
    return [...this.#live];
  }

  /** `showFdinfo`: the lines that a ring has in fdinfo. */
  constructor(kernel: Kernel, showFdinfo?: (ring: IoUring) => string) {
    this.#kernel = kernel;
    this.#operations =
      showFdinfo === undefined
        ? OPERATIONS
        : { ...OPERATIONS, showFdinfo: (file) => (file instanceof IoUring ? showFdinfo(file) : '') };
  }

  /** The fd, close-on-exec. EINVAL: no or more than 32,768 entries, or flags; EMFILE. */
  setup(task: Task, entries: number, options: IoUringSetup = {}): number {
    refuseUnknownOptions(options, ['flags', 'cqEntries'], 'io_uring_setup');
    const { flags = 0 } = options;
    if ((flags & ~(IORING_SETUP.CQSIZE | IORING_SETUP.CLAMP)) !== 0)
      throw new MemtrackError('EINVAL', 'io_uring_setup', 'flags');
    const clamp = (flags & IORING_SETUP.CLAMP) !== 0;
    const sqEntries = roundUp(entries, MAX_ENTRIES, clamp);
    const cqEntries =
      (flags & IORING_SETUP.CQSIZE) === 0 ? 2 * sqEntries : roundUp(options.cqEntries ?? 0, 2 * MAX_ENTRIES, clamp);
    if (cqEntries < sqEntries) throw new MemtrackError('EINVAL', 'io_uring_setup', 'completion entries');
    const ring = new IoUring(sqEntries, cqEntries, this.#operations);
    const fd = task.installNew(ring, { cloexec: true });
    this.#live.add(ring);
    ring.watch(() => void this.#live.delete(ring));
    return fd;
  }

  /** The ring at an fd. EBADF; EOPNOTSUPP: not a ring. */
  at(task: Task, fd: number): IoUring {
    const file = task.file(fd);
    if (!(file instanceof IoUring)) throw new MemtrackError('EOPNOTSUPP', 'io_uring_register', String(fd));
    return file;
  }

  /**
   * IORING_REGISTER_FILES: one reference more for each file; -1 leaves a slot empty. EBUSY: a table is registered; EINVAL: an
   * empty list; EMFILE: longer than RLIMIT_NOFILE; EBADF, also for a ring. All or nothing.
   */
  registerFiles(task: Task, ring: number, fds: readonly number[]): void {
    const uring = this.at(task, ring);
    this.#refuseTable(task, uring, fds.length);
    const slots: (Slot | null)[] = [];
    try {
      for (const fd of fds) slots.push(fd === IORING_FILES.NONE ? null : this.#slot(task, fd));
    } catch (error) {
      for (const slot of slots) slot?.file.put();
      throw error;
    }
    uring.slots = slots;
  }

  /** IORING_REGISTER_FILES2 with IORING_RSRC_REGISTER_SPARSE: empty slots. EBUSY, EINVAL, EMFILE. */
  registerSparse(task: Task, ring: number, slots: number): void {
    const uring = this.at(task, ring);
    if (!(slots >= 1)) throw new MemtrackError('EINVAL', 'io_uring_register');
    this.#refuseTable(task, uring, slots);
    uring.slots = new Array<Slot | null>(slots).fill(null);
  }

  /**
   * IORING_REGISTER_FILES_UPDATE: puts files into slots from `offset` on; -1 empties one, -2 leaves it. Returns how many were done:
   * at a bad fd it stops, that slot emptied. ENXIO: no table; EINVAL: beyond its end, or nothing to do; EBADF: the first fd is bad.
   */
  updateFiles(task: Task, ring: number, offset: number, fds: readonly number[]): number {
    const uring = this.at(task, ring);
    if (fds.length === 0) throw new MemtrackError('EINVAL', 'io_uring_register');
    const { slots } = uring;
    if (slots === null) throw new MemtrackError('ENXIO', 'io_uring_register');
    if (!(offset >= 0 && offset + fds.length <= slots.length)) throw new MemtrackError('EINVAL', 'io_uring_register');
    for (const [done, fd] of fds.entries()) {
      if (fd === IORING_FILES.SKIP) continue;
      const old = slots[offset + done];
      slots[offset + done] = null;
      old?.file.put();
      if (fd === IORING_FILES.NONE) continue;
      try {
        slots[offset + done] = this.#slot(task, fd);
      } catch (error) {
        if (done > 0) return done;
        throw error;
      }
    }
    return fds.length;
  }

  /** IORING_UNREGISTER_FILES. ENXIO: no table. */
  unregisterFiles(task: Task, ring: number): void {
    const uring = this.at(task, ring);
    if (uring.slots === null) throw new MemtrackError('ENXIO', 'io_uring_register');
    uring.drop();
  }

  /** io_sqe_files_register, before it looks at the files. */
  #refuseTable(task: Task, uring: IoUring, count: number): void {
    if (uring.slots !== null) throw new MemtrackError('EBUSY', 'io_uring_register');
    if (!(count >= 1)) throw new MemtrackError('EINVAL', 'io_uring_register');
    if (count > MAX_FIXED_FILES || count > task.group.nofile) throw new MemtrackError('EMFILE', 'io_uring_register');
  }

  /** A reference on the file at an fd. EBADF: none, or a ring, which could hold itself. */
  #slot(task: Task, fd: number): Slot {
    const file = task.file(fd);
    if (file instanceof IoUring) throw new MemtrackError('EBADF', 'io_uring_register', `${fd} is a ring`);
    return { file: file.get(), since: this.#kernel.now };
  }
}

/** To a power of two, within a limit. EINVAL. */
function roundUp(entries: number, limit: number, clamp: boolean): number {
  if (!(entries >= 1) || (entries > limit && !clamp)) throw new MemtrackError('EINVAL', 'io_uring_setup', `${entries}`);
  return 2 ** Math.ceil(Math.log2(Math.min(entries, limit)));
}
