import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import { allocate } from '../model/descriptors.ts';
import type { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import { Task } from '../model/task.ts';
import type { DmaBufs } from './dma-buf.ts';
import { DrmDevice, type DrmNode } from './drm-device.ts';
import { DRM_DRIVERS, type DrmDriver } from './drm-driver.ts';
import { DrmFile } from './drm-file.ts';
import { createDumb, type DumbBuffer, mapDumb } from './dumb.ts';
import { addFramebuffer, type AddFramebuffer, removeFramebuffer } from './framebuffer.ts';
import { gemFlink, gemOpen, type GemOpened } from './gem-names.ts';
import type { GemObject } from './gem-object.ts';
import { Idr } from './idr.ts';
import { primeFdToHandle, primeHandleToFd } from './prime.ts';

export interface DrmDeviceOptions {
  /** dev_name of the parent, `0000:00:04.0`; default the driver's name, with a number if there is such a device. */
  readonly name?: string;
  /** Inodes of the nodes in devtmpfs, where known. */
  readonly cardInode?: number;
  readonly renderInode?: number;
  /** The lowest id that a framebuffer can get; default 1. */
  readonly firstModeObject?: number;
  /** A text console on the device: its size in pixels. It has a framebuffer of 32 bits per pixel. */
  readonly console?: { readonly width: number; readonly height: number };
}

const OPTIONS = ['name', 'cardInode', 'renderInode', 'firstModeObject', 'console'];
const DEVTMPFS = '0:6';
const RENDER_MINORS = 128;

interface Needs {
  /** DRM_AUTH: the master, root or a render client. */
  readonly auth?: boolean;
  /** DRM_RENDER_ALLOW: also on a render node. */
  readonly render?: boolean;
  readonly gem?: boolean;
  readonly modeset?: boolean;
}

/**
 * The DRM devices and their ioctls, which act on whatever DRM file the fd is of: EBADF: no open fd; ENOTTY: not a DRM file;
 * EACCES: not on this node, or not without authentication; EOPNOTSUPP: not of this driver; and what each says.
 *
 * @example
 * const card = kernel.drmDevice('vgem');
 * const fd = kernel.drm.open(task, card.card.path);
 * const { handle, size } = kernel.drm.createDumb(task, fd, 640, 480, 32);
 * kernel.drm.primeHandleToFd(task, fd, handle);
 * size; // 1228800
 */
export class Drm {
  readonly #kernel: Kernel;
  readonly #dmaBufs: DmaBufs;
  readonly #showFdinfo: (file: DrmFile) => string;
  readonly #devices: DrmDevice[] = [];
  readonly #nodes = new Map<string, { readonly device: DrmDevice; readonly node: DrmNode }>();
  readonly #cards = new Idr<string>(0);
  readonly #renders = new Idr<string>(RENDER_MINORS);
  readonly #files = new WeakMap<File, DrmFile>();
  #clients = 0;

  /** `showFdinfo`: the text of what drivers with `fdinfo` add to it. */
  constructor(kernel: Kernel, dmaBufs: DmaBufs, showFdinfo: (file: DrmFile) => string = () => '') {
    this.#kernel = kernel;
    this.#dmaBufs = dmaBufs;
    this.#showFdinfo = showFdinfo;
  }

  /** In the order they were added. */
  get devices(): readonly DrmDevice[] {
    return this.#devices;
  }

  /** A device appears (drm_dev_register): its card gets the lowest free minor, its render node from 128 on. EINVAL: a driver without a name, or a console on one without modes; EEXIST: a device has that name. */
  add(driver: DrmDriver | keyof typeof DRM_DRIVERS, options: DrmDeviceOptions = {}): DrmDevice {
    refuseUnknownOptions(options, OPTIONS, 'drmDevice');
    const known: DrmDriver | undefined = typeof driver === 'string' ? DRM_DRIVERS[driver] : driver;
    if (typeof (known as DrmDriver | undefined)?.name !== 'string')
      throw new TypeError(`drmDevice: expected a driver, or one of ${Object.keys(DRM_DRIVERS).join(', ')}`);
    if (known.name === '') throw new MemtrackError('EINVAL', 'drm_dev_register', 'no name');
    const name = this.#freeName(options.name ?? null, known.name);
    const { firstModeObject = 1, console } = options;
    if (!Number.isInteger(firstModeObject) || firstModeObject < 1)
      throw new TypeError('drmDevice: expected firstModeObject as a whole number from 1');
    if (console !== undefined && known.modeset !== true) throw new MemtrackError('EINVAL', 'drm_fbdev', 'no modes');
    const card = this.#cards.allocate(known.name);
    const render = known.render === false ? null : this.#renders.allocate(known.name);
    const device = new DrmDevice({
      kernel: this.#kernel,
      dmaBufs: this.#dmaBufs,
      driver: known,
      name,
      card: node(`/dev/dri/card${card}`, card, false, options.cardInode),
      renderNode: render === null ? null : node(`/dev/dri/renderD${render}`, render, true, options.renderInode),
      firstModeObject,
      showFdinfo: this.#showFdinfo,
    });
    this.#devices.push(device);
    for (const each of [device.card, device.renderNode])
      if (each !== null) this.#nodes.set(each.path, { device, node: each });
    if (console !== undefined) addConsole(device, console);
    return device;
  }

  /** open(2) of a node. ENOENT: no such node; EBUSY: O_EXCL; EMFILE. */
  open(task: Task, path: string, flags: number = O.RDWR | O.CLOEXEC): number {
    expectTask(task);
    const found = this.#nodes.get(path);
    if (found === undefined) throw new MemtrackError('ENOENT', 'open', path);
    const fd = allocate(task, task.files, 0, 'open');
    if ((flags & O.EXCL) !== 0) throw new MemtrackError('EBUSY', 'open', 'O_EXCL');
    const file = new DrmFile(found.device, found.node, ++this.#clients, task, flags | O.LARGEFILE);
    this.#files.set(file.file, file);
    found.device.opened(file);
    task.files.publish(task, fd, file.file, (flags & O.CLOEXEC) !== 0);
    return fd;
  }

  /** The DRM file at an fd. EBADF; ENOTTY. */
  file(task: Task, fd: number): DrmFile {
    expectTask(task);
    return this.#drmFile(task, fd, 'ioctl');
  }

  /** An object by its handle, to look at. ENOENT. */
  object(task: Task, fd: number, handle: number): GemObject {
    const object = this.file(task, fd).object(handle);
    if (object === null) throw new MemtrackError('ENOENT', 'drm_gem_object_lookup', `handle ${handle}`);
    return object;
  }

  /** A driver's own ioctl that makes an object. EINVAL: no size. */
  createObject(task: Task, fd: number, size: number): number {
    const file = this.#permit(task, fd, 'DRM_IOCTL_GEM_NEW', { render: true, gem: true });
    const pages = Math.ceil(size / 4096);
    if (!(size > 0) || !Number.isSafeInteger(pages * 4096))
      throw new MemtrackError('EINVAL', 'DRM_IOCTL_GEM_NEW', `size ${size}`);
    const object = file.device.createObject(task, pages * 4096);
    const handle = file.createHandle(object);
    object.put();
    return handle;
  }

  /** DRM_IOCTL_MODE_CREATE_DUMB. ENOSYS; EINVAL. */
  createDumb(task: Task, fd: number, width: number, height: number, bitsPerPixel: number): DumbBuffer {
    const file = this.#permit(task, fd, 'DRM_IOCTL_MODE_CREATE_DUMB', {});
    return createDumb(file, task, u32(width), u32(height), u32(bitsPerPixel));
  }

  /** DRM_IOCTL_MODE_MAP_DUMB: the offset for mmap, in bytes. ENOSYS; ENOENT; EINVAL: an import. */
  mapDumb(task: Task, fd: number, handle: number): number {
    return mapDumb(this.#permit(task, fd, 'DRM_IOCTL_MODE_MAP_DUMB', {}), u32(handle));
  }

  /** DRM_IOCTL_MODE_DESTROY_DUMB. ENOSYS; EINVAL: no such handle. */
  destroyDumb(task: Task, fd: number, handle: number): void {
    const file = this.#permit(task, fd, 'DRM_IOCTL_MODE_DESTROY_DUMB', {});
    if (file.device.driver.dumb === undefined) throw new MemtrackError('ENOSYS', 'DRM_IOCTL_MODE_DESTROY_DUMB');
    deleteHandle(file, u32(handle), 'DRM_IOCTL_MODE_DESTROY_DUMB');
  }

  /** DRM_IOCTL_GEM_CLOSE. EINVAL: no such handle. */
  gemClose(task: Task, fd: number, handle: number): void {
    const file = this.#permit(task, fd, 'DRM_IOCTL_GEM_CLOSE', { render: true, gem: true });
    deleteHandle(file, u32(handle), 'DRM_IOCTL_GEM_CLOSE');
  }

  /** DRM_IOCTL_GEM_FLINK: the object's name. ENOENT. */
  gemFlink(task: Task, fd: number, handle: number): number {
    return gemFlink(this.#permit(task, fd, 'DRM_IOCTL_GEM_FLINK', { auth: true, gem: true }), u32(handle));
  }

  /** DRM_IOCTL_GEM_OPEN: a new handle of the object with that name. ENOENT. */
  gemOpen(task: Task, fd: number, name: number): GemOpened {
    return gemOpen(this.#permit(task, fd, 'DRM_IOCTL_GEM_OPEN', { auth: true, gem: true }), u32(name));
  }

  /** DRM_IOCTL_PRIME_HANDLE_TO_FD with O_CLOEXEC and O_RDWR; default both. EINVAL; EMFILE; ENOENT. */
  primeHandleToFd(task: Task, fd: number, handle: number, flags: number = O.RDWR | O.CLOEXEC): number {
    const file = this.#permit(task, fd, 'DRM_IOCTL_PRIME_HANDLE_TO_FD', { render: true });
    return primeHandleToFd(file, task, u32(handle), flags);
  }

  /** DRM_IOCTL_PRIME_FD_TO_HANDLE. EBADF; EINVAL: not a dma-buf; ENODEV: not for this driver. */
  primeFdToHandle(task: Task, fd: number, dmaBuf: number): number {
    return primeFdToHandle(this.#permit(task, fd, 'DRM_IOCTL_PRIME_FD_TO_HANDLE', { render: true }), task, dmaBuf);
  }

  /** DRM_IOCTL_MODE_ADDFB: the framebuffer's id. EOPNOTSUPP; EINVAL; ERANGE; ENOENT. */
  addFramebuffer(task: Task, fd: number, options: AddFramebuffer): number {
    const file = this.#permit(task, fd, 'DRM_IOCTL_MODE_ADDFB', { modeset: true });
    return addFramebuffer(file, task.comm ?? '', options);
  }

  /** DRM_IOCTL_MODE_RMFB. EOPNOTSUPP; ENOENT: not one of this file's. */
  removeFramebuffer(task: Task, fd: number, id: number): void {
    removeFramebuffer(this.#permit(task, fd, 'DRM_IOCTL_MODE_RMFB', { modeset: true }), u32(id));
  }

  /** drm_ioctl: whose file it is now, and drm_ioctl_permit. */
  #permit(task: Task, fd: number, ioctl: string, needs: Needs): DrmFile {
    expectTask(task);
    const file = this.#drmFile(task, fd, ioctl);
    file.usedBy(task);
    if (needs.auth === true && !file.node.render && !file.authenticated && !file.master)
      throw new MemtrackError('EACCES', ioctl, 'not authenticated');
    if (needs.render !== true && file.node.render) throw new MemtrackError('EACCES', ioctl, 'a render node');
    const { driver } = file.device;
    if (needs.gem === true && driver.gem === false) throw new MemtrackError('EOPNOTSUPP', ioctl);
    if (needs.modeset === true && driver.modeset !== true) throw new MemtrackError('EOPNOTSUPP', ioctl);
    return file;
  }

  /** Platform devices are numbered after the first. */
  #freeName(wanted: string | null, driver: string): string {
    const taken = new Set(this.#devices.map(({ name }) => name));
    if (wanted !== null && taken.has(wanted)) throw new MemtrackError('EEXIST', 'drm_dev_register', wanted);
    let name = wanted ?? driver;
    for (let number = 1; taken.has(name); number++) name = `${driver}.${number}`;
    return name;
  }

  #drmFile(task: Task, fd: number, ioctl: string): DrmFile {
    const file = this.#files.get(task.file(fd));
    if (file === undefined) throw new MemtrackError('ENOTTY', ioctl, `fd ${fd}`);
    return file;
  }
}

function node(path: string, minor: number, render: boolean, inode?: number): DrmNode {
  return { path, minor, render, identity: { dev: DEVTMPFS, inode: inode ?? null } };
}

function deleteHandle(file: DrmFile, handle: number, ioctl: string): void {
  if (!file.deleteHandle(handle)) throw new MemtrackError('EINVAL', ioctl, `handle ${handle}`);
}

/** The console's framebuffer: mapped into the kernel and scanned out (drm_fbdev). */
function addConsole(device: DrmDevice, { width, height }: { readonly width: number; readonly height: number }): void {
  const layout = device.driver.dumb?.(width, height, 32) ?? null;
  if (layout === null) throw new MemtrackError('EINVAL', 'drm_fbdev', 'no dumb buffers');
  const object = device.createObject(null, layout.size);
  object.vmaps = 1;
  device.createFramebuffer(
    { object, width, height, pitch: layout.pitch, format: 'XR24', allocator: '[fbcon]' },
    undefined,
    2,
  );
  device.internalClients.push('fbdev');
}

function expectTask(task: unknown): void {
  if (!(task instanceof Task)) throw new TypeError('expected a task');
}

function u32(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
    throw new TypeError(`expected a whole number below 2^32, not ${String(value)}`);
  return value;
}
