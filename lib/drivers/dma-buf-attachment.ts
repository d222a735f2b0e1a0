import { MemtrackError } from '../core/errors.ts';
import type { Attachment } from '../model/buffer.ts';
import type { File } from '../model/file.ts';

/** How many attachments each dma-buf has had (attachment_uid). */
const had = new WeakMap<File, number>();

export interface DmaBufAttachmentOptions {
  /** Where the device is in sysfs, from /sys/ on. Default `devices/platform/` and its name. */
  readonly devicePath?: string;
}

/**
 * dma_buf_attach: a device uses the dma-buf, which bufinfo tells, and has a reference of its file until it is detached. It may
 * map it, as often as it likes.
 *
 * @example
 * const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
 * const attachment = new DmaBufAttachment(task.file(fd), 'fe000000.gpu');
 * attachment.map();
 * attachment.detach();
 */
export class DmaBufAttachment implements Attachment {
  readonly file: File;
  readonly device: string;
  readonly devicePath: string;
  /** Counted from 0 in each dma-buf; never used again. */
  readonly uid: number;
  #mappings = 0;
  #attached = true;

  /** `device`: dev_name. EINVAL: not a dma-buf. */
  constructor(file: File, device: string, options: DmaBufAttachmentOptions = {}) {
    if (file.buffer === null || !file.isDmaBuf) throw new MemtrackError('EINVAL', 'dma_buf_attach', 'not a dma-buf');
    this.file = file.getByKernel();
    this.device = device;
    this.devicePath = options.devicePath ?? `devices/platform/${device}`;
    this.uid = had.get(file) ?? 0;
    had.set(file, this.uid + 1);
    file.buffer.attachments.unshift(this);
  }

  /** Distinct mappings by the device (map_counter). */
  get mappings(): number {
    return this.#mappings;
  }

  /** dma_buf_map_attachment. EINVAL: detached. */
  map(): void {
    if (!this.#attached) throw new MemtrackError('EINVAL', 'dma_buf_map_attachment', 'detached');
    this.#mappings++;
  }

  /** dma_buf_unmap_attachment. EINVAL: not mapped. */
  unmap(): void {
    if (this.#mappings === 0) throw new MemtrackError('EINVAL', 'dma_buf_unmap_attachment', 'not mapped');
    this.#mappings--;
  }

  /** dma_buf_detach and dma_buf_put; what is mapped is unmapped. Again is fine. */
  detach(): void {
    if (!this.#attached) return;
    this.#attached = false;
    this.#mappings = 0;
    const attachments = this.file.buffer?.attachments;
    attachments?.splice(attachments.indexOf(this), 1);
    this.file.putByKernel();
  }
}
