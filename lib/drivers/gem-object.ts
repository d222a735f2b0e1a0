import type { Buffer } from '../model/buffer.ts';
import type { AddressSpace } from '../model/address-space.ts';
import type { File } from '../model/file.ts';
import { PAGE } from '../model/flags.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmFile } from './drm-file.ts';

/**
 * A GEM object (struct drm_gem_object). It has two counts: of handles over all files, which together hold one reference, and
 * of references: by handles, framebuffers, mappings and its dma-buf, which are the pins of its buffer.
 *
 * @example
 * const { card } = kernel.drmDevice('vgem');
 * const fd = kernel.drm.open(task, card.path);
 * const { handle } = kernel.drm.createDumb(task, fd, 64, 64, 32);
 * kernel.drm.gemOpen(task, fd, kernel.drm.gemFlink(task, fd, handle));
 * const object = kernel.drm.object(task, fd, handle);
 * [object.handles, object.refs]; // [2, 1]
 */
export class GemObject {
  readonly device: DrmDevice;
  readonly buffer: Buffer;
  /** Bytes, of whole pages. */
  readonly size: number;
  /** The dma-buf that it imports, with a reference; null: it has pages of its own. */
  readonly importOf: File | null;
  /** Its fake offset in the device node, in pages. */
  readonly offset: number;
  /** Its dma-buf, exported or imported, with a reference while there are handles (obj->dma_buf). */
  dmaBuf: File | null = null;
  /** flink name; 0: none. */
  name = 0;
  /** Its backing pages have been acquired. */
  populated = false;
  /** Its user can do without its contents (MADV_DONTNEED of the driver). */
  purgeable = false;
  /** Fences pending on it: the GPU uses it. */
  active = false;
  /** Mappings into the kernel. */
  vmaps = 0;
  #handles = 0;
  /** Files that may map it, and how many handles they have of it (drm_vma_offset_node). */
  readonly #allowed = new Map<DrmFile, number>();
  /** MM_DRIVERPAGES: the creator's address space, kept for ever (mmgrab). */
  readonly #mm: AddressSpace | null;

  /** For `DrmDevice`, which has pinned the buffer once. */
  constructor(
    device: DrmDevice,
    buffer: Buffer,
    size: number,
    offset: number,
    importOf: File | null,
    mm: AddressSpace | null,
  ) {
    this.device = device;
    this.buffer = buffer;
    this.size = size;
    this.offset = offset;
    this.importOf = importOf;
    this.#mm = mm;
  }

  /** handle_count: handles of all files, and framebuffers made through one. */
  get handles(): number {
    return this.#handles;
  }

  /** refcount: kref_read. */
  get refs(): number {
    return this.buffer.pins;
  }

  /** Devices attached to its dma-buf. */
  get attachments(): number {
    return this.device.dmaBufOf(this)?.attachments.length ?? 0;
  }

  /** VMAs of it in all address spaces. */
  get mappings(): number {
    return this.buffer.objectMaps;
  }

  /** drm_gem_object_is_shared_for_memory_stats. */
  get shared(): boolean {
    return this.#handles > 1 || this.dmaBuf !== null;
  }

  allowed(file: DrmFile): boolean {
    return this.#allowed.has(file);
  }

  /** drm_vma_node_allow: once per handle. */
  allow(file: DrmFile): void {
    this.#allowed.set(file, (this.#allowed.get(file) ?? 0) + 1);
  }

  /** drm_vma_node_revoke. */
  revoke(file: DrmFile): void {
    const handles = this.#allowed.get(file) ?? 0;
    if (handles > 1) this.#allowed.set(file, handles - 1);
    else this.#allowed.delete(file);
  }

  /** drm_gem_object_handle_get: the first handle takes a reference. */
  addHandle(): void {
    if (this.#handles++ === 0) this.buffer.pin();
  }

  /** drm_gem_object_handle_put_unlocked: with the last go the flink name, the dma-buf that was kept, and the reference. */
  dropHandle(): void {
    if (--this.#handles > 0) return;
    if (this.name !== 0) this.device.names.remove(this.name);
    this.name = 0;
    const dmaBuf = this.dmaBuf;
    this.dmaBuf = null;
    dmaBuf?.putByKernel();
    this.buffer.unpin();
  }

  /** drm_gem_object_get. */
  get(): this {
    this.buffer.pin();
    return this;
  }

  /** drm_gem_object_put. */
  put(): void {
    this.buffer.unpin();
  }

  /** The driver acquires its pages (drm_gem_get_pages); an import's are its exporter's. */
  populate(): void {
    if (this.populated) return;
    this.populated = true;
    if (this.device.driver.charges === 'populated' && this.importOf === null) this.charge(this.size / PAGE);
  }

  /** MM_DRIVERPAGES: nobody is charged once the creator's address space has no users (mmget_not_zero). */
  charge(pages: number): void {
    if (this.#mm !== null && this.#mm.users.length > 0) this.#mm.chargeDriverPages(pages);
  }
}
