import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import { Task } from '../model/task.ts';
import type { DmaBufs } from './dma-buf.ts';
import type { IonHeap, IonHeapOptions } from './ion-heap.ts';
import { ION_HEAP_TYPE } from './ion-heap.ts';
import { checkAllocation, IonHeaps } from './ion-heaps.ts';
import type { IonAllocation, IonHeapInfo } from './ion-heaps.ts';

export interface IonDirectOptions {
  /** Default: one system heap, id 0, named `system`. */
  readonly heaps?: readonly IonHeapOptions[];
}

const ALLOCATION = ['size', 'heapIdMask', 'flags'];

/**
 * ION of Linux 4.12 to 5.10: no clients and no handles; an allocation is an fd. The memtrack series is older, so `posted` does not
 * see its buffers.
 *
 * @example
 * const ion = kernel.ionDirect();
 * const device = ion.open(task);
 * const fd = ion.alloc(task, device, { size: 4096, heapIdMask: 1 });
 * task.file(fd).buffer?.size; // 4096
 */
export class IonDirect {
  readonly #heaps: IonHeaps;
  readonly #operations: FileOperations = {};

  constructor(kernel: Kernel, dmaBufs: DmaBufs, options: IonDirectOptions = {}) {
    refuseUnknownOptions(options, ['heaps'], 'ionDirect');
    this.#heaps = new IonHeaps(kernel, dmaBufs, false);
    for (const heap of options.heaps ?? [{ name: 'system', id: 0, type: ION_HEAP_TYPE.SYSTEM }]) this.addHeap(heap);
  }

  /** In the order that allocations try them. */
  get heaps(): readonly IonHeap[] {
    return this.#heaps.heaps;
  }

  /** EINVAL: id or name; EEXIST: one of them is taken. */
  addHeap(options: IonHeapOptions): IonHeap {
    return this.#heaps.add(options);
  }

  /** open(2) of /dev/ion. EMFILE. */
  open(task: Task, flags: number = O.RDWR | O.CLOEXEC): number {
    if (!(task instanceof Task)) throw new TypeError('open: expected a task');
    const file = new File({ path: '/dev/ion', flags, operations: this.#operations });
    return task.installNew(file, { cloexec: (flags & O.CLOEXEC) !== 0 });
  }

  /** ION_IOC_ALLOC: a close-on-exec fd. EBADF, ENOTTY: not /dev/ion; EINVAL, ENODEV, ENOMEM; EMFILE, and the buffer is freed. */
  alloc(task: Task, device: number, options: Omit<IonAllocation, 'align'>): number {
    this.#checkDevice(task, device);
    checkAllocation(options, ALLOCATION);
    const buffer = this.#heaps.allocate(task, options);
    const file = this.#heaps.export(buffer);
    buffer.put();
    return task.installNew(file, { cloexec: true });
  }

  /** ION_IOC_HEAP_QUERY without room for heaps: how many there are. */
  countHeaps(task: Task, device: number): number {
    this.#checkDevice(task, device);
    return this.heaps.length;
  }

  /** ION_IOC_HEAP_QUERY with room for `count`. EINVAL: no room. */
  queryHeaps(task: Task, device: number, count: number): readonly IonHeapInfo[] {
    this.#checkDevice(task, device);
    return this.#heaps.query(count);
  }

  #checkDevice(task: Task, device: number): void {
    if (!(task instanceof Task)) throw new TypeError('ioctl: expected a task');
    if (task.file(device).operations !== this.#operations)
      throw new MemtrackError('ENOTTY', 'ioctl', `fd ${device} is not /dev/ion`);
  }
}
