import { MemtrackError } from '../core/errors.ts';
import { FdBitmap } from './fd-bitmap.ts';
import type { File } from './file.ts';
import { closingSeveral } from './socket-gc.ts';
import type { Kernel } from './kernel.ts';
import type { Task } from './task.ts';
import { UsedByTasks } from './used-by-tasks.ts';

export interface InstallOptions {
  readonly cloexec?: boolean;
  /** The fd was not seen but concluded. */
  readonly inferred?: boolean;
}

export const INSTALL_OPTIONS: readonly string[] = ['cloexec', 'inferred'];

const CLOEXEC = 1;
const INFERRED = 2;

/**
 * A descriptor table (struct files_struct), used by one task or, with CLONE_FILES, by several. Its methods are primitives: they
 * put a result in place without choosing an fd or obeying a limit, tell the core, and never fail but for an fd outside
 * [0, nrOpen) (EBADF). System calls, which choose and refuse, are methods of `Task`. `by` is the acting task, one of `users`.
 */
export class FdTable extends UsedByTasks {
  /** Unique among tables. */
  readonly id: number;
  readonly #kernel: Kernel;
  #taken: FdBitmap;
  #files: (File | null)[];
  #flags: number[];
  #since: bigint[];
  #nextFd = 0;
  #open = 0;

  constructor(kernel: Kernel) {
    super();
    this.#kernel = kernel;
    this.id = kernel.nextTableId();
    this.#taken = new FdBitmap();
    this.#files = [];
    this.#flags = [];
    this.#since = [];
  }

  /** Published fds. */
  get openFds(): number {
    return this.#open;
  }

  /** One past the highest fd ever published. */
  get limit(): number {
    return this.#files.length;
  }

  /** The file published at an fd; null for a free or a merely reserved one. */
  get(fd: number): File | null {
    return this.#files[fd] ?? null;
  }

  cloexec(fd: number): boolean {
    return ((this.#flags[fd] ?? 0) & CLOEXEC) !== 0;
  }

  inferred(fd: number): boolean {
    return ((this.#flags[fd] ?? 0) & INFERRED) !== 0;
  }

  /** Whether the fd is open, or what it is, was not seen but concluded. */
  setInferred(fd: number, inferred: boolean): void {
    const flags = this.#flags[fd];
    if (flags !== undefined) this.#flags[fd] = inferred ? flags | INFERRED : flags & ~INFERRED;
  }

  /** When it was published here. */
  since(fd: number): bigint {
    return this.#since[fd] ?? 0n;
  }

  setCloexec(fd: number, cloexec: boolean): void {
    const flags = this.#flags[fd];
    if (flags !== undefined) this.#flags[fd] = cloexec ? flags | CLOEXEC : flags & ~CLOEXEC;
  }

  /** The lowest fd that is neither open nor reserved, from `from` on. */
  lowestFree(from = 0): number {
    return this.#taken.lowestFree(from > this.#nextFd ? from : this.#nextFd);
  }

  /** get_unused_fd: taken, but no file yet; look-ups see nothing. */
  reserve(fd: number, cloexec = false): void {
    this.#check(fd);
    if (fd >= this.#files.length) this.#extend(fd);
    this.#taken.add(fd);
    this.#flags[fd] = cloexec ? CLOEXEC : 0;
    if (fd === this.#nextFd) this.#nextFd++;
  }

  /** A slot that is reserved and has no file (dup2 onto it is EBUSY). */
  reserved(fd: number): boolean {
    return this.get(fd) === null && this.#taken.has(fd);
  }

  /** put_unused_fd: gives a reserved slot back. */
  unreserve(fd: number): void {
    if (this.reserved(fd)) this.#free(fd);
  }

  /** fd_install: publishes a file in a slot that has none; takes over the caller's reference. */
  publish(by: Task, fd: number, file: File, cloexec = false, inferred = false): void {
    const buffer = file.buffer;
    if (buffer !== null && buffer.tracked) this.#kernel.accounting.install(by.key, buffer.account);
    if (file.tables !== null) this.#reach(by, file, file.tables);
    this.#put(fd, file, (cloexec ? CLOEXEC : 0) | (inferred ? INFERRED : 0));
  }

  /**
   * The file was seen at that fd. What was there is closed first, as by a close(2) that was not seen. Takes over the
   * caller's reference. True if something was displaced.
   */
  installAt(by: Task, fd: number, file: File, options?: InstallOptions): boolean {
    this.#check(fd);
    const displaced = this.closeAt(by, fd);
    this.publish(by, fd, file, options?.cloexec ?? false, options?.inferred ?? false);
    return displaced;
  }

  /** do_dup2: takes a reference of its own; what was there is closed, which the posted hooks do not see. True if displaced. */
  dupAt(by: Task, file: File, fd: number, cloexec = false): boolean {
    this.#check(fd);
    const old = this.get(fd);
    this.publish(by, fd, file.get(), cloexec);
    if (old === null) return false;
    const buffer = old.buffer;
    const accounting = this.#kernel.accounting;
    if (buffer !== null && buffer.tracked && !accounting.posted) accounting.uninstall(by.key, buffer.account);
    if (old.tables !== null) this.#unreach(by, old, old.tables);
    old.put();
    return true;
  }

  /** close_fd. False if it was not open. */
  closeAt(by: Task, fd: number): boolean {
    const file = this.#files[fd];
    if (file === undefined || file === null) return false;
    const buffer = file.buffer;
    if (buffer !== null && buffer.tracked) this.#kernel.accounting.uninstall(by.key, buffer.account);
    if (file.tables !== null) this.#unreach(by, file, file.tables);
    this.#files[fd] = null;
    this.#open--;
    this.#free(fd);
    file.put();
    return true;
  }

  /** Closes, or marks close-on-exec, every open fd in [first, last]; returns how many. */
  closeRangeAt(by: Task, first: number, last: number, cloexec = false): number {
    const end = Math.min(last, this.#files.length - 1);
    let count = 0;
    closingSeveral(this.#kernel, () => {
      for (let fd = first; fd <= end; fd++) {
        if (this.get(fd) === null) {
          if (cloexec && this.reserved(fd)) this.setCloexec(fd, true);
          continue;
        }
        count++;
        if (cloexec) this.setCloexec(fd, true);
        else this.closeAt(by, fd);
      }
    });
    return count;
  }

  /** do_close_on_exec. */
  closeOnExec(by: Task): void {
    closingSeveral(this.#kernel, () => {
      for (let fd = 0; fd < this.#files.length; fd++) {
        if ((this.#flags[fd]! & CLOEXEC) !== 0) this.closeAt(by, fd);
      }
    });
  }

  /** dup_fd: a table of its own with every published fd; reserved slots are free in the copy. The core copies by itself. */
  copy(): FdTable {
    const copy = new FdTable(this.#kernel);
    const files = this.#files.slice();
    let lowest = files.length;
    copy.#taken = this.#taken.copy();
    for (let fd = files.length - 1; fd >= 0; fd--) {
      const file = files[fd];
      if (file) {
        file.get();
        file.tables?.set(copy, (file.tables.get(copy) ?? 0) + 1);
      } else {
        lowest = fd;
        copy.#taken.delete(fd);
      }
    }
    copy.#files = files;
    copy.#flags = this.#flags.slice();
    copy.#since = new Array<bigint>(files.length).fill(this.#kernel.now);
    copy.#nextFd = lowest;
    copy.#open = this.#open;
    return copy;
  }

  /** put_files_struct: the last user closes every fd, in order. */
  protected override giveUp(): void {
    const files = this.#files;
    this.#files = [];
    this.#flags = [];
    this.#since = [];
    this.#open = 0;
    for (const file of files) file?.tables?.delete(this);
    closingSeveral(this.#kernel, () => {
      for (const file of files) if (file !== null) file.put();
    });
  }

  /** The first fd of a file in the table brings what the file holds, each time it holds it. */
  #reach(by: Task, file: File, tables: Map<FdTable, number>): void {
    const fds = tables.get(this) ?? 0;
    tables.set(this, fds + 1);
    if (fds > 0) return;
    for (const { buffer } of file.operations.holds?.(file) ?? [])
      if (buffer.tracked) this.#kernel.accounting.installHeld(by.key, buffer.account);
  }

  #unreach(by: Task, file: File, tables: Map<FdTable, number>): void {
    const fds = tables.get(this) ?? 0;
    if (fds > 1) {
      tables.set(this, fds - 1);
      return;
    }
    tables.delete(this);
    for (const { buffer } of file.operations.holds?.(file) ?? [])
      if (buffer.tracked) this.#kernel.accounting.uninstallHeld(by.key, buffer.account);
  }

  #put(fd: number, file: File, flags: number): void {
    const files = this.#files;
    if (fd >= files.length) this.#extend(fd);
    else if (files[fd] !== null) this.#open--;
    files[fd] = file;
    this.#flags[fd] = flags;
    this.#since[fd] = this.#kernel.now;
    this.#open++;
    this.#taken.add(fd);
    if (fd === this.#nextFd) this.#nextFd++;
  }

  #extend(fd: number): void {
    for (let at = this.#files.length; at <= fd; at++) {
      this.#files.push(null);
      this.#flags.push(0);
      this.#since.push(0n);
    }
  }

  #free(fd: number): void {
    this.#flags[fd] = 0;
    this.#taken.delete(fd);
    if (fd < this.#nextFd) this.#nextFd = fd;
  }

  #check(fd: number): void {
    if (!(fd >= 0 && fd < this.#kernel.nrOpen)) throw new MemtrackError('EBADF', 'fd_install', String(fd));
  }
}
