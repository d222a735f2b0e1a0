import { MemtrackError } from '../core/errors.ts';
import { File } from '../model/file.ts';
import { O, pageAlign } from '../model/flags.ts';
import { Task } from '../model/task.ts';
import { DmaBufExporter } from './dma-buf.ts';
import type { DmaBufs, DmaBufExporterOptions } from './dma-buf.ts';

export interface DmaHeapAllocation {
  /** Bytes; rounded up to whole pages. */
  readonly size: number;
  /** O_CLOEXEC and an access mode; default O_RDWR | O_CLOEXEC. */
  readonly fdFlags?: number;
  /** Is for the answer: EINVAL if not 0. */
  readonly fd?: number;
  /** None is defined: EINVAL if not 0. */
  readonly heapFlags?: number;
}

export interface DmaHeapOptions extends DmaBufExporterOptions {
  /** Bytes that one allocation may ask for; more is ENOMEM. Default 1 TiB. */
  readonly maxBytes?: number;
}

/** A dma-heap, /dev/dma_heap/NAME, whose name is also exp_name of its buffers. */
export class DmaHeap {
  readonly name: string;
  readonly path: string;
  readonly #dmaBufs: DmaBufs;
  readonly #exporter: DmaBufExporter;
  readonly #maxBytes: number;

  /** EINVAL: no name. */
  constructor(dmaBufs: DmaBufs, name: string, options: DmaHeapOptions = {}) {
    if (name === '') throw new MemtrackError('EINVAL', 'dma_heap_add', 'no name');
    this.name = name;
    this.path = `/dev/dma_heap/${name}`;
    this.#dmaBufs = dmaBufs;
    this.#exporter = new DmaBufExporter(name, options);
    this.#maxBytes = options.maxBytes ?? 2 ** 40;
  }

  /** open(2) of the device. EMFILE. */
  open(task: Task, flags: number = O.RDWR | O.CLOEXEC): number {
    return task.install(new File({ path: this.path, flags }), { cloexec: (flags & O.CLOEXEC) !== 0 });
  }

  /** DMA_HEAP_IOCTL_ALLOC: the fd of a new dma-buf. EINVAL: flags, or no whole length; ENOMEM; EMFILE, and the buffer is freed. */
  alloc(task: Task, options: DmaHeapAllocation): number {
    if (!(task instanceof Task)) throw new TypeError('alloc: expected a task');
    if (typeof (options as DmaHeapAllocation | undefined)?.size !== 'number')
      throw new TypeError('alloc: expected options with a size in bytes');
    const { fdFlags = O.RDWR | O.CLOEXEC, heapFlags = 0, fd = 0 } = options;
    if (fd !== 0 || (fdFlags & ~(O.CLOEXEC | O.ACCMODE)) !== 0 || heapFlags !== 0)
      throw new MemtrackError('EINVAL', 'DMA_HEAP_IOCTL_ALLOC', 'flags');
    if (!Number.isSafeInteger(options.size) || options.size <= 0)
      throw new MemtrackError('EINVAL', 'DMA_HEAP_IOCTL_ALLOC', `size ${options.size}`);
    const size = pageAlign(options.size);
    if (size > this.#maxBytes) throw new MemtrackError('ENOMEM', 'DMA_HEAP_IOCTL_ALLOC');
    const file = this.#dmaBufs.export(this.#exporter, { size, creator: task, flags: fdFlags });
    return task.installNew(file, { cloexec: (fdFlags & O.CLOEXEC) !== 0 });
  }
}
