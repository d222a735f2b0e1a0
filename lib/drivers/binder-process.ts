import { MemtrackError } from '../core/errors.ts';
import type { FdTable } from '../model/fd-table.ts';
import type { File } from '../model/file.ts';
import type { Task } from '../model/task.ts';

/** What the posted series runs into where the kernel as it was did not. */
export type BinderFault = 'nullFiles' | 'wrongTable' | 'slotTaken';

/**
 * A process that has /dev/binder open (struct binder_proc). With its buffer mapped it has a descriptor table that others can put
 * fds into: the one that it had then.
 *
 * As posted, fds are reserved in that table and then installed into, and closed in, the table that the opening task has now,
 * which may be another one or none.
 */
export class BinderProcess {
  /** Who opened the device. */
  readonly task: Task;
  readonly #posted: boolean;
  readonly #fault: (fault: BinderFault) => void;
  #files: FdTable | null = null;
  #maps = 0;

  constructor(task: Task, posted: boolean, fault: (fault: BinderFault) => void) {
    this.task = task;
    this.#posted = posted;
    this.#fault = fault;
  }

  /** binder_mmap: from now on others can put fds into the table of who maps. */
  map(by: Task): void {
    this.#maps++;
    this.#files ??= by.files;
  }

  /** binder_vma_close: the last mapping lets go of the table (binder_deferred_func). */
  unmap(): void {
    if (--this.#maps === 0) this.#files = null;
  }

  /** The table that fds go into; null: the buffer is not mapped, or nobody has the table any more. */
  get files(): FdTable | null {
    return this.#files !== null && this.#files.users.length > 0 ? this.#files : null;
  }

  /** task_get_unused_fd_flags. ESRCH: no table; EMFILE: no free fd below the limit, or the opening task has been reaped. */
  reserve(): number {
    const files = this.#demandFiles('task_get_unused_fd_flags');
    if (this.#limited.state === 'dead') throw new MemtrackError('EMFILE', 'task_get_unused_fd_flags', 'no signals');
    const { group, kernel } = this.#limited;
    const fd = files.lowestFree();
    if (fd >= Math.min(group.nofile, kernel.nrOpen)) throw new MemtrackError('EMFILE', 'task_get_unused_fd_flags');
    files.reserve(fd);
    return fd;
  }

  /** task_fd_install: takes the caller's reference over; the new fd is close-on-exec. The file stays the caller's if it throws. */
  install(fd: number, file: File): void {
    const { files, task } = this.#charged('task_fd_install');
    if (files.get(fd) !== null) {
      this.#fault('slotTaken');
      throw new MemtrackError('EBUSY', 'task_fd_install', `fd ${fd} is open in the other table`);
    }
    files.publish(task, fd, file, true);
  }

  /** put_unused_fd, for a fd that was reserved and not installed. */
  unreserve(fd: number): void {
    this.files?.unreserve(fd);
  }

  /** task_close_fd. ESRCH: no table; EBADF: not open. */
  close(fd: number): void {
    const { files, task } = this.#charged('task_close_fd');
    if (!files.closeAt(task, fd)) throw new MemtrackError('EBADF', 'task_close_fd', String(fd));
  }

  /** Whose limit counts. */
  get #limited(): Task {
    return this.#posted ? this.task : this.task.leader;
  }

  /** The table, and the task whose handles change: as posted, of the opener; else whoever uses the table. */
  #charged(syscall: string): { readonly files: FdTable; readonly task: Task } {
    const files = this.#demandFiles(syscall);
    if (!this.#posted) return { files, task: this.#user(files) };
    if (!this.task.alive) {
      this.#fault('nullFiles');
      throw new MemtrackError('EFAULT', syscall, 'null pointer: proc->tsk->files');
    }
    if (this.task.files !== files) this.#fault('wrongTable');
    return { files: this.task.files, task: this.task };
  }

  #user(files: FdTable): Task {
    return files.users.includes(this.task) ? this.task : files.users[0]!;
  }

  #demandFiles(syscall: string): FdTable {
    const { files } = this;
    if (files === null) throw new MemtrackError('ESRCH', syscall, 'no table');
    return files;
  }
}
