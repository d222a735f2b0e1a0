import { DmaBufs } from '../drivers/dma-buf.ts';
import { DmaHeap } from '../drivers/dma-heap.ts';
import { Memfds } from '../drivers/memfd.ts';
import { PosixShm } from '../drivers/posix-shm.ts';
import { Udmabuf } from '../drivers/udmabuf.ts';
import type { UdmabufCreate } from '../drivers/udmabuf.ts';
import { Kernel } from '../model/kernel.ts';
import type { KernelOptions } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { MemtrackError } from '../core/errors.ts';
import { readPseudoFile } from './pseudo-file.ts';

/**
 * The assembled kernel, which the package exports as `Kernel`: the model and its drivers.
 *
 * @example
 * using kernel = new Kernel();
 * const camera = kernel.spawn({ comm: 'camera' });
 * const fd = kernel.dmaHeap('system').alloc(camera, { size: 8 << 20 });
 * camera.file(fd).setName('CAMERA');
 * kernel.snapshot().buffers.name; // ['CAMERA']
 */
export class Machine extends Kernel {
  readonly dmaBufs: DmaBufs;
  readonly memfds: Memfds;
  readonly posixShm: PosixShm;
  readonly udmabuf: Udmabuf;
  readonly #heaps = new Map<string, DmaHeap>();

  constructor(options: KernelOptions = {}) {
    super(options);
    this.dmaBufs = new DmaBufs(this);
    this.memfds = new Memfds(this);
    this.posixShm = new PosixShm(this);
    this.udmabuf = new Udmabuf(this.dmaBufs);
  }

  /** The heap of that name, made when first asked for. */
  dmaHeap(name: string): DmaHeap {
    let heap = this.#heaps.get(name);
    if (heap === undefined) {
      heap = new DmaHeap(this.dmaBufs, name);
      this.#heaps.set(name, heap);
    }
    return heap;
  }

  /** memfd_create(2) with MFD_ flags. */
  memfdCreate(task: Task, name: string, flags = 0): number {
    return this.memfds.create(task, name, flags);
  }

  /** shm_open(3) with O_ flags. */
  shmOpen(task: Task, name: string, flags?: number): number {
    return this.posixShm.open(task, name, flags);
  }

  /** shm_unlink(3). */
  shmUnlink(name: string): void {
    this.posixShm.unlink(name);
  }

  /**
   * The text of a pseudo-file, as the kernel prints it, read by root.
   *
   * @throws MemtrackError ENOENT: there is no such file, or nothing prints it here.
   * @throws TypeError for a second argument: reading as another task, with its access checks, is not modelled.
   */
  read(path: string, ...more: readonly never[]): string {
    if (more.length > 0) throw new TypeError('read: expected a path alone: it is read as root');
    const file = readPseudoFile({ kernel: this, tracker: this.tracker }, path);
    if (file === null) throw new MemtrackError('ENOENT', 'open', path);
    return file.text;
  }

  /** UDMABUF_CREATE. */
  udmabufCreate(task: Task, options: UdmabufCreate): number {
    return this.udmabuf.create(task, options);
  }
}
