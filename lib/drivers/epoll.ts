import { MemtrackError } from '../core/errors.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Task } from '../model/task.ts';

/** EP_MAX_NESTS: how deep epoll files may watch epoll files. */
const MAX_NESTS = 4;

const OPERATIONS: FileOperations = {
  noexec: true,
  poll: true,
  release: (file) => {
    if (file instanceof Epoll) file.drop();
  },
};

/**
 * An epoll file. It watches open files and holds none of them: a watch ends with the last reference to its file, not with the fd
 * it was made by.
 */
export class Epoll extends File {
  readonly #watches = new Map<File, Map<number, () => void>>();

  constructor() {
    super({ operations: OPERATIONS, path: 'anon_inode:[eventpoll]' });
  }

  /** The fds by which watches were made, ascending: the `tfd` of its fdinfo. */
  get watched(): readonly number[] {
    return [...this.#watches.values()].flatMap((fds) => [...fds.keys()]).sort((a, b) => a - b);
  }

  watches(file: File, fd: number): boolean {
    return this.#watches.get(file)?.has(fd) ?? false;
  }

  add(file: File, fd: number): void {
    let fds = this.#watches.get(file);
    if (fds === undefined) this.#watches.set(file, (fds = new Map<number, () => void>()));
    fds.set(
      fd,
      file.watch(() => void this.#watches.delete(file)),
    );
  }

  delete(file: File, fd: number): void {
    const fds = this.#watches.get(file);
    fds?.get(fd)?.();
    fds?.delete(fd);
    if (fds?.size === 0) this.#watches.delete(file);
  }

  drop(): void {
    for (const fds of this.#watches.values()) for (const forget of fds.values()) forget();
    this.#watches.clear();
  }

  /** Epoll files that it watches. */
  get nested(): readonly Epoll[] {
    return [...this.#watches.keys()].filter((file) => file instanceof Epoll);
  }
}

/** epoll_create1(2) and epoll_ctl(2). */
export class Epolls {
  /** All that were made and live, for the look upwards. */
  readonly #all = new Set<Epoll>();

  /** EINVAL: flags but EPOLL_CLOEXEC; EMFILE. */
  create(task: Task, flags = 0): number {
    if ((flags & ~O.CLOEXEC) !== 0) throw new MemtrackError('EINVAL', 'epoll_create1');
    const epoll = new Epoll();
    const fd = task.installNew(epoll, { cloexec: flags !== 0 });
    this.#all.add(epoll);
    epoll.watch(() => void this.#all.delete(epoll));
    return fd;
  }

  /**
   * EPOLL_CTL_ADD. EBADF; EPERM: the file cannot be waited for, as a memfd; EINVAL: `epfd` is no epoll file, or the same file;
   * ELOOP: epoll files in a ring or nested too deep; EEXIST: watched by this fd.
   */
  add(task: Task, epfd: number, fd: number): void {
    const { epoll, file } = pair(task, epfd, fd);
    if (file instanceof Epoll) this.#checkNesting(epoll, file);
    if (epoll.watches(file, fd)) throw new MemtrackError('EEXIST', 'epoll_ctl', String(fd));
    epoll.add(file, fd);
  }

  /** EPOLL_CTL_MOD, which changes nothing here. ENOENT: not watched by this fd. */
  modify(task: Task, epfd: number, fd: number): void {
    const { epoll, file } = pair(task, epfd, fd);
    if (!epoll.watches(file, fd)) throw new MemtrackError('ENOENT', 'epoll_ctl', String(fd));
  }

  /** EPOLL_CTL_DEL. ENOENT: not watched by this fd. */
  delete(task: Task, epfd: number, fd: number): void {
    const { epoll, file } = pair(task, epfd, fd);
    if (!epoll.watches(file, fd)) throw new MemtrackError('ENOENT', 'epoll_ctl', String(fd));
    epoll.delete(file, fd);
  }

  /** ep_loop_check. */
  #checkNesting(epoll: Epoll, file: Epoll): void {
    if (reaches(file, epoll)) throw new MemtrackError('ELOOP', 'epoll_ctl');
    if (1 + depthBelow(file) + this.#depthAbove(epoll) > MAX_NESTS) throw new MemtrackError('ELOOP', 'epoll_ctl');
  }

  #depthAbove(epoll: Epoll): number {
    const above = [...this.#all].filter(({ nested }) => nested.includes(epoll));
    return above.reduce((deepest, other) => Math.max(deepest, 1 + this.#depthAbove(other)), 0);
  }
}

function pair(task: Task, epfd: number, fd: number): { readonly epoll: Epoll; readonly file: File } {
  const epoll = task.file(epfd);
  const file = task.file(fd);
  if (file.operations.poll === undefined) throw new MemtrackError('EPERM', 'epoll_ctl', String(fd));
  if (file === epoll || !(epoll instanceof Epoll)) throw new MemtrackError('EINVAL', 'epoll_ctl', String(epfd));
  return { epoll, file };
}

function reaches(from: Epoll, to: Epoll): boolean {
  return from === to || from.nested.some((next) => reaches(next, to));
}

function depthBelow(epoll: Epoll): number {
  return epoll.nested.reduce((deepest, next) => Math.max(deepest, 1 + depthBelow(next)), 0);
}
