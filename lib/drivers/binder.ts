import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O, PROT, VMA } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import { Task } from '../model/task.ts';
import { BinderProcess } from './binder-process.ts';
import type { BinderFault } from './binder-process.ts';

export interface BinderOptions {
  /** The target takes fds (TF_ACCEPT_FDS, or its node does). Default true. */
  readonly acceptFds?: boolean;
}

/**
 * Binder, as far as descriptors go (Linux 4.8): a transaction puts the files of its fd objects into the target's table while the
 * sender is still the current task, before the target reads anything. A process that takes fds opens /dev/binder and maps it.
 *
 * @example
 * const { binder } = kernel;
 * const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
 * const viewer = kernel.spawn({ comm: 'viewer' });
 * const device = binder.open(viewer);
 * viewer.mmap({ fd: device, length: 4096, prot: 1, shared: false });
 * const [received] = binder.transact(task, binder.open(task), binder.process(viewer, device), [fd]);
 * viewer.file(received) === task.file(fd)
 */
export class Binder {
  readonly #kernel: Kernel;
  readonly #processes = new Map<File, BinderProcess>();
  readonly #faults = new Map<BinderFault, number>();
  readonly #operations: FileOperations = {
    vmFlags: VM.dontCopy | VMA.noMerge | VMA.noExpand,
    mayMap: (file, request) => {
      if ((request.prot & PROT.WRITE) !== 0) throw new MemtrackError('EPERM', 'binder_mmap', 'writable');
      if (this.#processes.get(file)?.files !== null) throw new MemtrackError('EBUSY', 'binder_mmap', 'already mapped');
      return 0;
    },
    mmap: () => undefined,
    vmOpened: (file, by) => this.#processes.get(file)?.map(by),
    vmClosed: (file) => this.#processes.get(file)?.unmap(),
    release: (file) => this.#processes.delete(file),
  };

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** What the posted series does that the kernel before it could not: how often. In `intended` nothing. */
  get faults(): ReadonlyMap<BinderFault, number> {
    return this.#faults;
  }

  /** open(2) of /dev/binder. EMFILE. */
  open(task: Task, flags: number = O.RDWR | O.CLOEXEC): number {
    if (!(task instanceof Task)) throw new TypeError('open: expected a task');
    const file = new File({ path: '/dev/binder', flags, operations: this.#operations });
    const posted = this.#kernel.semantics === 'posted';
    const count = (fault: BinderFault): unknown => this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
    this.#processes.set(file, new BinderProcess(task, posted, count));
    return task.installNew(file, { cloexec: (flags & O.CLOEXEC) !== 0 });
  }

  /** The process that an fd of /dev/binder is. EBADF; ENOTTY: another file. */
  process(task: Task, device: number): BinderProcess {
    if (!(task instanceof Task)) throw new TypeError('process: expected a task');
    const process = this.#processes.get(task.file(device));
    if (process === undefined) throw new MemtrackError('ENOTTY', 'ioctl', `fd ${device} is not /dev/binder`);
    return process;
  }

  /**
   * BC_TRANSACTION or BC_REPLY with fd objects: the fds that the target has then, close-on-exec, in the order of `fds`. When one
   * cannot be passed, those that were are closed in the target again and the sender reads BR_FAILED_REPLY, here thrown with its reason:
   * EPERM: the target takes no fds; EBADF: not an fd of the sender; ESRCH: the target has no table (it never mapped /dev/binder, has
   * exec'd or exited); EMFILE: it has no free fd.
   */
  transact(
    task: Task,
    device: number,
    target: BinderProcess,
    fds: readonly number[],
    options: BinderOptions = {},
  ): readonly number[] {
    this.process(task, device);
    if (!(target instanceof BinderProcess)) throw new TypeError('transact: expected a target that binder.process gave');
    const list: unknown = fds;
    if (!Array.isArray(list)) throw new TypeError('transact: expected a list of fds');
    const passed: number[] = [];
    try {
      for (const fd of fds) {
        if (options.acceptFds === false) throw new MemtrackError('EPERM', 'binder_transaction', 'no fds accepted');
        passed.push(passOne(target, task.file(fd)));
      }
    } catch (error) {
      for (const fd of passed) target.close(fd);
      throw error;
    }
    return passed;
  }
}

/** BINDER_TYPE_FD in binder_transaction. */
function passOne(target: BinderProcess, file: File): number {
  const fd = target.reserve();
  try {
    target.install(fd, file.get());
  } catch (error) {
    file.put();
    target.unreserve(fd);
    throw error;
  }
  return fd;
}
