import { MemtrackError } from '../core/errors.ts';
import type { FileOperations, Held, Mapped, MmapRequest } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { PAGE } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import type { ThreadGroup } from '../model/thread-group.ts';
import type { DrmDevice, DrmNode } from './drm-device.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { GemObject } from './gem-object.ts';
import { Idr } from './idr.ts';
import { PrimeTable } from './prime-table.ts';

interface Handle {
  readonly object: GemObject;
  readonly since: bigint;
}

/**
 * What one open(2) of a DRM node makes (struct drm_file): a table of handles, shared by all who have the file. It ends with
 * the last reference to the file, of which a mapping of one object is one.
 *
 * @example
 * const { card } = kernel.drmDevice('vgem');
 * const fd = kernel.drm.open(task, card.path);
 * kernel.drm.createDumb(task, fd, 64, 64, 32);
 * kernel.drm.file(task, fd).handles().map(([handle]) => handle); // [1]
 */
export class DrmFile {
  readonly device: DrmDevice;
  readonly node: DrmNode;
  /** Unique among DRM files of all devices. */
  readonly clientId: number;
  /** The open file description. */
  readonly file: File;
  readonly prime = new PrimeTable();
  /** Newest first. */
  readonly framebuffers: Framebuffer[] = [];
  /** May do what DRM_AUTH asks for. */
  readonly authenticated: boolean;
  /** It was the master once; then its owner stays. */
  wasMaster = false;
  /** Who opened it or, if that was not the master, used it last. */
  #owner: ThreadGroup;
  readonly #handles = new Idr<Handle>();

  /** For `DrmDevice.open`. */
  constructor(device: DrmDevice, node: DrmNode, clientId: number, task: Task, flags: number) {
    this.device = device;
    this.node = node;
    this.clientId = clientId;
    this.#owner = task.group;
    this.authenticated = node.render || device.trusts(task);
    this.file = new File({ path: node.path, identity: node.identity, flags, operations: this.#operations() });
  }

  get owner(): ThreadGroup {
    return this.#owner;
  }

  get master(): boolean {
    return this.device.master === this;
  }

  /** drm_file_update_pid: an ioctl of another process, to which the fd was passed. */
  usedBy(task: Task): void {
    if (!this.wasMaster) this.#owner = task.group;
  }

  /** Ascending. */
  handles(): readonly (readonly [number, GemObject])[] {
    return this.#handles.entries().map(([handle, { object }]) => [handle, object]);
  }

  /** drm_gem_object_lookup; null: no such handle. */
  object(handle: number): GemObject | null {
    return this.#handles.get(handle)?.object ?? null;
  }

  /** drm_gem_handle_create: always a new one. */
  createHandle(object: GemObject): number {
    const { kernel } = this.device;
    object.addHandle();
    const handle = this.#handles.allocate({ object, since: kernel.now });
    object.allow(this);
    kernel.held(this.file, object.buffer);
    return handle;
  }

  /** drm_gem_handle_delete: look-ups fail at once; the number is free at last. False: no such handle. */
  deleteHandle(handle: number): boolean {
    const object = this.#handles.clear(handle)?.object;
    if (object === undefined) return false;
    this.device.driver.close?.(object, this);
    this.prime.remove(handle);
    object.revoke(this);
    this.device.kernel.unheld(this.file, object.buffer);
    object.dropHandle();
    this.#handles.remove(handle);
    return true;
  }

  #operations(): FileOperations {
    return {
      container: 'drm-file',
      counted: true,
      vmFlags: this.device.vmFlags,
      holds: () => this.#holds(),
      mmap: (_file, request) => {
        this.#checkMmap(request);
      },
      mapped: (_file, request) => this.#mapped(request),
      showFdinfo: () => (this.device.driver.fdinfo === true ? this.device.showFdinfo(this) : ''),
      release: () => {
        this.#release();
      },
    };
  }

  *#holds(): Iterable<Held> {
    for (const [number, { object, since }] of this.#handles.entries())
      yield { buffer: object.buffer, via: 'handle', number, since };
    for (const { object, id, since } of this.framebuffers)
      yield { buffer: object.buffer, via: 'framebuffer', number: id, since };
  }

  /** drm_gem_mmap. EINVAL: no object starts there, or it is shorter; EACCES: this file has no handle of it. */
  #checkMmap(request: MmapRequest): void {
    const object = this.device.offsets.find(request.offset / PAGE, request.length / PAGE);
    if (object === null) throw new MemtrackError('EINVAL', 'mmap', 'no object at this offset');
    if (!object.allowed(this)) throw new MemtrackError('EACCES', 'mmap', 'no handle of the object');
    const { importOf } = object;
    if (importOf !== null) importOf.operations.mmap?.(importOf, { ...request, offset: 0 });
    else if (!request.shared) throw new MemtrackError('EINVAL', 'mmap', 'MAP_PRIVATE');
  }

  /** An import is mapped as its dma-buf is, whose file the mapping then keeps (dma_buf_mmap). */
  #mapped(request: MmapRequest): Mapped {
    const object = this.device.offsets.find(request.offset / PAGE, request.length / PAGE)!;
    const { importOf } = object;
    if (importOf === null) {
      object.populate();
      return { buffer: object.buffer, object: object.buffer };
    }
    const whole = { ...request, offset: 0 };
    return { offset: 0, ...importOf.operations.mapped?.(importOf, whole), file: importOf, ...ofBuffer(importOf) };
  }

  /** drm_file_free: framebuffers first, then handles, ascending. */
  #release(): void {
    for (const framebuffer of this.framebuffers.splice(0)) this.device.destroyFramebuffer(framebuffer);
    for (const [handle] of this.#handles.entries()) this.deleteHandle(handle);
    this.device.closed(this);
  }
}

function ofBuffer({ buffer }: File): Pick<Mapped, 'buffer'> {
  return buffer === null ? {} : { buffer };
}
