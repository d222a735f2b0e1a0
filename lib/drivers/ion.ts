import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import { Task } from '../model/task.ts';
import type { DmaBufs } from './dma-buf.ts';
import type { IonBuffer } from './ion-buffer.ts';
import { IonClient } from './ion-client.ts';
import { ION_HEAP_TYPE } from './ion-heap.ts';
import type { IonHeap, IonHeapOptions } from './ion-heap.ts';
import { checkAllocation, cString, IonHeaps } from './ion-heaps.ts';
import type { IonAllocation, IonHeapInfo } from './ion-heaps.ts';

/** ION_MAX_TAG_LEN: bytes of a tag with its NUL. */
const TAG_LEN = 32;

/** What a platform does with ION_IOC_CUSTOM: its result, or a thrown MemtrackError. */
export type IonCustom = (task: Task, command: number, argument: bigint) => number;

export interface IonOptions {
  /** Linux 4.8 had no ION_IOC_HEAP_QUERY and printed blanks for names in debugfs. Default 4.9. */
  readonly release?: '4.8' | '4.9';
  /** Default: one system heap, id 0, named `system`. */
  readonly heaps?: readonly IonHeapOptions[];
  /** ION_IOC_CUSTOM; without it ENOTTY. */
  readonly custom?: IonCustom;
}

const OPTIONS = ['release', 'heaps', 'custom'];
const ALLOCATION = ['size', 'align', 'heapIdMask', 'flags'];

/**
 * ION with clients and handles, as Linux 4.8 and 4.9 have it: the allocator the 2016 memtrack series was written for, and the
 * only exporter that it gave a memtrack buffer. Each open of /dev/ion is a client. Methods are its ioctls by a task, on the fd of
 * such an open: EBADF for an fd that is none, ENOTTY for another file. A handle is no reference for memtrack, only a shared fd is.
 *
 * @example
 * const ion = kernel.ion();
 * const device = ion.open(task);
 * const handle = ion.alloc(task, device, { size: 8 << 20 });
 * const fd = ion.share(task, device, handle);
 * ion.tag(task, device, handle, 'CAMERA');
 * ion.free(task, device, handle); // the buffer lives on, by its dma-buf
 * task.file(fd).buffer?.tag === 'CAMERA'
 * kernel.list('/sys/kernel/debug/ion/clients').length === 1
 */
export class Ion {
  readonly release: '4.8' | '4.9';
  readonly #kernel: Kernel;
  readonly #heaps: IonHeaps;
  readonly #custom: IonCustom | null;
  readonly #clients = new Map<File, IonClient>();
  readonly #kernelClients = new Set<IonClient>();
  readonly #operations: FileOperations = {
    container: 'ion-client',
    holds: (file) => this.#clients.get(file)?.held ?? [],
    release: (file) => {
      this.#clients.get(file)?.destroy();
      this.#clients.delete(file);
    },
  };

  constructor(kernel: Kernel, dmaBufs: DmaBufs, options: IonOptions = {}) {
    if (typeof options !== 'object' || (options as IonOptions | null) === null)
      throw new TypeError('ion: expected options');
    refuseUnknownOptions(options, OPTIONS, 'ion');
    this.release = options.release ?? '4.9';
    if (this.release !== '4.8' && this.release !== '4.9') throw new TypeError(`release: expected '4.8' or '4.9'`);
    this.#kernel = kernel;
    this.#custom = options.custom ?? null;
    this.#heaps = new IonHeaps(kernel, dmaBufs, true);
    for (const heap of options.heaps ?? [{ name: 'system', id: 0, type: ION_HEAP_TYPE.SYSTEM }]) this.addHeap(heap);
  }

  /** In the order that allocations try them. */
  get heaps(): readonly IonHeap[] {
    return this.#heaps.heaps;
  }

  /** In the order they were added. */
  get addedHeaps(): readonly IonHeap[] {
    return this.#heaps.added;
  }

  /** In the order they were opened, drivers' after them. */
  get clients(): readonly IonClient[] {
    return [...this.#clients.values(), ...this.#kernelClients].filter(({ alive }) => alive);
  }

  /** Those in the device's tree: not on a freelist. */
  get buffers(): readonly IonBuffer[] {
    return this.#heaps.buffers;
  }

  /** EINVAL: id or name; EEXIST: one of them is taken. */
  addHeap(options: IonHeapOptions): IonHeap {
    return this.#heaps.add(options);
  }

  /** open(2) of /dev/ion: a new client. EMFILE. */
  open(task: Task, flags: number = O.RDWR | O.CLOEXEC): number {
    const file = new File({ path: '/dev/ion', flags, operations: this.#operations });
    const leader = checked(task, 'open').leader;
    this.#clients.set(file, this.#newClient(String(leader.pid), leader));
    return task.installNew(file, { cloexec: (flags & O.CLOEXEC) !== 0 });
  }

  /** ion_client_create by a driver: a client that no process holds; give its handles with `take`, and `destroy` it. */
  kernelClient(name: string): IonClient {
    if (typeof name !== 'string') throw new TypeError('kernelClient: expected a name');
    const client = this.#newClient(name, null);
    this.#kernelClients.add(client);
    return client;
  }

  /** ION_IOC_ALLOC: a handle. EINVAL: no length; ENODEV: no heap in the mask; else what the last heap tried said, as ENOMEM. */
  alloc(task: Task, device: number, options: IonAllocation): number {
    const client = this.client(task, device);
    checkAllocation(options, ALLOCATION);
    const buffer = this.#heaps.allocate(task, options);
    const { id } = client.take(buffer);
    buffer.put();
    return id;
  }

  /** ION_IOC_FREE: one reference of the handle less. EINVAL: no such handle. */
  free(task: Task, device: number, handle: number): void {
    this.client(task, device).put(handle, task, 'ION_IOC_FREE');
  }

  /** ION_IOC_SHARE: a close-on-exec fd of a new dma-buf; a buffer shared twice has two, with two inodes. EINVAL, EMFILE. */
  share(task: Task, device: number, handle: number): number {
    const { buffer } = this.client(task, device).handle(handle, 'ION_IOC_SHARE');
    const file = this.#heaps.export(buffer);
    return task.installNew(file, { cloexec: true });
  }

  /** ION_IOC_MAP: as ION_IOC_SHARE; it is mmap(2) of the fd that maps. */
  map(task: Task, device: number, handle: number): number {
    return this.share(task, device, handle);
  }

  /** ION_IOC_IMPORT: the client's handle of that buffer, once more if it has one. EBADF; EINVAL: no dma-buf of ION. */
  import(task: Task, device: number, fd: number): number {
    const client = this.client(task, device);
    return client.take(this.#heaps.demand(task.file(fd))).id;
  }

  /** ION_IOC_SYNC: memory is made ready for devices; nothing changes here. EBADF; EINVAL: no dma-buf of ION. */
  sync(task: Task, device: number, fd: number): void {
    this.client(task, device);
    this.#heaps.demand(task.file(fd));
  }

  /** ION_IOC_CUSTOM. ENOTTY: the platform has none. */
  custom(task: Task, device: number, command: number, argument: bigint): number {
    this.client(task, device);
    if (this.#custom === null) throw new MemtrackError('ENOTTY', 'ION_IOC_CUSTOM');
    return this.#custom(task, command, argument);
  }

  /** ION_IOC_HEAP_QUERY without room for heaps: how many there are. ENOTTY: Linux 4.8. */
  countHeaps(task: Task, device: number): number {
    this.#queryable(task, device);
    return this.heaps.length;
  }

  /** ION_IOC_HEAP_QUERY with room for `count`, in the order they are tried. EINVAL: no room; ENOTTY: Linux 4.8. */
  queryHeaps(task: Task, device: number, count: number): readonly IonHeapInfo[] {
    this.#queryable(task, device);
    return this.#heaps.query(count);
  }

  /**
   * ION_IOC_TAG of the 2016 series: cut to 31 bytes, and at a NUL. EINVAL: no such handle; ENOTTY: a kernel without memtrack. As posted,
   * the reference that looking the handle up took is never given back, and that a tag could not be stored is not told.
   */
  tag(task: Task, device: number, handle: number, tag: string): void {
    const client = this.client(task, device);
    if (this.#kernel.memtrack === 'off') throw new MemtrackError('ENOTTY', 'ION_IOC_TAG');
    const { buffer } = client.handle(handle, 'ION_IOC_TAG');
    if (typeof tag !== 'string') throw new TypeError('tag: expected a string');
    if (this.#kernel.semantics === 'posted') client.get(handle, 'ION_IOC_TAG');
    buffer.buffer.setTag(cString(tag, TAG_LEN));
  }

  /** DMA_BUF_SYNC_START by the processor: a kernel mapping, until `endAccess`. EBADF, EINVAL; ENODEV: the heap has none to give. */
  beginAccess(task: Task, fd: number): void {
    const buffer = this.#heaps.demand(task.file(fd));
    if (!buffer.heap.kernelMappable) throw new MemtrackError('ENODEV', 'ion_dma_buf_begin_cpu_access');
    buffer.kernelMaps++;
  }

  /** DMA_BUF_SYNC_END. EBADF, EINVAL. */
  endAccess(task: Task, fd: number): void {
    this.#heaps.demand(task.file(fd)).kernelMaps--;
  }

  /** The client that an fd of /dev/ion is. EBADF; ENOTTY: another file. */
  client(task: Task, device: number): IonClient {
    const client = this.#clients.get(checked(task, 'ioctl').file(device));
    if (client === undefined) throw new MemtrackError('ENOTTY', 'ioctl', `fd ${device} is not /dev/ion`);
    return client;
  }

  /** ion_get_client_serial. */
  #newClient(name: string, task: Task | null): IonClient {
    let serial = -1;
    for (const client of this.clients) if (client.name === name) serial = Math.max(serial, client.serial);
    return new IonClient(this.#kernel, name, serial + 1, task);
  }

  #queryable(task: Task, device: number): void {
    this.client(task, device);
    if (this.release === '4.8') throw new MemtrackError('ENOTTY', 'ION_IOC_HEAP_QUERY');
  }
}

function checked(task: Task, what: string): Task {
  if (!(task instanceof Task)) throw new TypeError(`${what}: expected a task`);
  return task;
}
