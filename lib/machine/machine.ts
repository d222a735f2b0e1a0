import { Binder } from '../drivers/binder.ts';
import { checkedDmaBufs, DmaBufs } from '../drivers/dma-buf.ts';
import type { DmaBufsOptions } from '../drivers/dma-buf.ts';
import { DmaHeap } from '../drivers/dma-heap.ts';
import type { DmaHeapOptions } from '../drivers/dma-heap.ts';
import { Ion } from '../drivers/ion.ts';
import type { IonOptions } from '../drivers/ion.ts';
import { IonDirect } from '../drivers/ion-direct.ts';
import type { IonDirectOptions } from '../drivers/ion-direct.ts';
import { Epolls } from '../drivers/epoll.ts';
import { type IoUringSetup, IoUrings } from '../drivers/io-uring.ts';
import type { DrmDevice } from '../drivers/drm-device.ts';
import type { DRM_DRIVERS, DrmDriver } from '../drivers/drm-driver.ts';
import { Drm, type DrmDeviceOptions } from '../drivers/drm.ts';
import { Memfds } from '../drivers/memfd.ts';
import { PosixShm } from '../drivers/posix-shm.ts';
import type { ShmStat } from '../drivers/shm-segment.ts';
import { IPC, type ShmatOptions, SysvShm } from '../drivers/sysv-shm.ts';
import { Udmabuf } from '../drivers/udmabuf.ts';
import type { UdmabufCreate } from '../drivers/udmabuf.ts';
import { Kernel } from '../model/kernel.ts';
import type { KernelOptions } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { MemtrackError } from '../core/errors.ts';
import { ionDirectory } from './ion-pseudo.ts';
import { ringFdinfo, sysvipcShm } from './holder-files.ts';
import { drmFdinfoText } from './drm-fdinfo-text.ts';
import { drmDebugfs } from './drm-pseudo.ts';
import { machineTree } from './machine-tree.ts';
import type { PseudoHandle } from './pseudo-handle.ts';
import type { PseudoNode, PseudoStat } from './pseudo-node.ts';
import type { PseudoTree } from './pseudo-tree.ts';
import { checkedPath, readerOf } from './read-options.ts';
import type { ReadOptions } from './read-options.ts';

/** Minor numbers of dma-heaps (NUM_HEAP_MINORS). */
const MAX_HEAPS = 128;

export interface MachineOptions extends KernelOptions {
  /** Which generation of dma-bufs it has: their inodes, their statistics in sysfs. Default: today's, without statistics. */
  readonly dmaBufs?: DmaBufsOptions;
}

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
  readonly drm: Drm;
  readonly memfds: Memfds;
  readonly posixShm: PosixShm;
  readonly udmabuf: Udmabuf;
  readonly #files: PseudoTree;
  readonly sysvShm: SysvShm;
  readonly ioUrings: IoUrings;
  readonly epolls: Epolls;
  readonly binder: Binder;
  readonly #heaps = new Map<string, DmaHeap>();
  #ion: Ion | IonDirect | null = null;

  constructor(options: MachineOptions = {}) {
    const { dmaBufs, ...kernelOptions } = options;
    super(kernelOptions);
    this.dmaBufs = new DmaBufs(this, checkedDmaBufs(dmaBufs));
    this.drm = new Drm(this, this.dmaBufs, drmFdinfoText);
    this.memfds = new Memfds(this);
    this.posixShm = new PosixShm(this);
    this.udmabuf = new Udmabuf(this.dmaBufs);
    this.sysvShm = new SysvShm(this);
    this.ioUrings = new IoUrings(this, ringFdinfo);
    this.epolls = new Epolls();
    this.binder = new Binder(this);
    this.#files = machineTree({ kernel: this, tracker: this.tracker }, this.dmaBufs);
    this.mount('/proc/sysvipc/shm', sysvipcShm(this.sysvShm));
    this.mount('/sys/kernel/debug/dri', drmDebugfs(this.drm));
  }

  /**
   * dma_heap_add: a heap that is not there yet. EINVAL: no name, or one that there is; EBUSY: there are 128.
   *
   * @example
   * kernel.addDmaHeap('reserved', { maxBytes: 64 << 20 }).alloc(task, { size: 4096 });
   */
  addDmaHeap(name: string, options?: DmaHeapOptions): DmaHeap {
    if (this.#heaps.has(name)) throw new MemtrackError('EINVAL', 'dma_heap_add', `${name} is there`);
    const heap = new DmaHeap(this.dmaBufs, name, options);
    if (this.#heaps.size >= MAX_HEAPS) throw new MemtrackError('EBUSY', 'dma_heap_add', 'no minor number');
    this.#heaps.set(name, heap);
    return heap;
  }

  /** The heap of that name, made when first asked for. */
  dmaHeap(name: string): DmaHeap {
    return this.#heaps.get(name) ?? this.addDmaHeap(name);
  }

  /** /dev/ion of Linux 4.8 and 4.9, made when first asked for. EEXIST: it is there with other options, or is a later one. */
  ion(options?: IonOptions): Ion {
    if (this.#ion instanceof Ion && options === undefined) return this.#ion;
    const ion = new Ion(this, this.dmaBufs, options);
    this.#registerIon(ion);
    this.mount('/sys/kernel/debug/ion', ionDirectory(ion));
    return ion;
  }

  /** /dev/ion of Linux 4.12 to 5.10, made when first asked for. EEXIST: it is there with other options, or is an older one. */
  ionDirect(options?: IonDirectOptions): IonDirect {
    if (this.#ion instanceof IonDirect && options === undefined) return this.#ion;
    const ion = new IonDirect(this, this.dmaBufs, options);
    this.#registerIon(ion);
    return ion;
  }

  /** A DRM device appears: /dev/dri/card0 and, of most drivers, /dev/dri/renderD128; then card1 and so on. */
  drmDevice(driver: DrmDriver | keyof typeof DRM_DRIVERS = 'vgem', options?: DrmDeviceOptions): DrmDevice {
    return this.drm.add(driver, options);
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

  /** shmget(2) with IPC_CREAT, IPC_EXCL and access bits; key 0 is IPC_PRIVATE. */
  shmget(task: Task, key: number, size: number, flags = 0): number {
    return this.sysvShm.get(task, key, size, flags);
  }

  /** shmat(2); returns the address. */
  shmat(task: Task, id: number, options?: ShmatOptions): number {
    return this.sysvShm.attach(task, id, options);
  }

  /** shmdt(2). */
  shmdt(task: Task, address: number): void {
    this.sysvShm.detach(task, address);
  }

  /** shmctl(2) with IPC_STAT (2) or IPC_RMID (0). EINVAL: another command. */
  shmctl(task: Task, id: number, command: number): ShmStat | undefined {
    if (command === IPC.STAT) return this.sysvShm.stat(task, id);
    if (command !== IPC.RMID) throw new MemtrackError('EINVAL', 'shmctl', `command ${command}`);
    this.sysvShm.remove(task, id);
    return undefined;
  }

  /** io_uring_setup(2); the files registered with it by `ioUrings` are held by the ring. */
  ioUringSetup(task: Task, entries: number, options?: IoUringSetup): number {
    return this.ioUrings.setup(task, entries, options);
  }

  /**
   * A driver's own pseudo-file or directory appears at a path; directories on the way come to be.
   *
   * @example
   * kernel.mount('/sys/kernel/debug/camera/frames', { type: 'file', read: () => ({ text: '3\n', standIns: [] }) });
   * kernel.read('/sys/kernel/debug/camera/frames'); // '3\n'
   */
  mount(path: string, node: PseudoNode): void {
    this.#files.mount(checkedPath(path), node);
  }

  /** The text of a pseudo-file, as the kernel prints it. MemtrackError with open(2)'s and read(2)'s errors. */
  read(path: string, options?: ReadOptions): string {
    return this.open(path, options).read();
  }

  /** The names in a directory of pseudo-files. ENOTDIR, and open(2)'s errors. */
  list(path: string, options?: ReadOptions): readonly string[] {
    return this.open(path, options).list();
  }

  /**
   * open(2) of a pseudo-file or directory, to be read later.
   *
   * @example
   * const maps = kernel.open('/proc/612/maps', { as: task });
   */
  open(path: string, options?: ReadOptions): PseudoHandle {
    return this.#files.open(checkedPath(path), readerOf(options));
  }

  /** readlink(2), as of /proc/612/fd/7. EINVAL: not a link. */
  readlink(path: string, options?: ReadOptions): string {
    return this.#files.readlink(checkedPath(path), readerOf(options));
  }

  /** stat(2): of /proc/612/fd/7, of the file itself. */
  stat(path: string, options?: ReadOptions): PseudoStat {
    return this.#files.stat(checkedPath(path), readerOf(options));
  }

  /** lstat(2): of /proc/612/fd/7, of the link. */
  lstat(path: string, options?: ReadOptions): PseudoStat {
    return this.#files.stat(checkedPath(path), readerOf(options), false);
  }

  /** UDMABUF_CREATE. */
  udmabufCreate(task: Task, options: UdmabufCreate): number {
    return this.udmabuf.create(task, options);
  }

  #registerIon(ion: Ion | IonDirect): void {
    if (this.#ion !== null) throw new MemtrackError('EEXIST', 'misc_register', '/dev/ion');
    this.#ion = ion;
  }
}
