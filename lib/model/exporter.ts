import type { BufferFile, BufferKind, Known } from '../core/snapshot.ts';
import type { Buffer } from './buffer.ts';
import type { Task } from './task.ts';

/**
 * What makes buffers: a dma-buf exporter, memfd, ION … A driver is an Exporter, the FileOperations of its files and
 * `kernel.createBuffer`; those in lib/drivers are written with nothing else.
 *
 * @example
 * const exporter: Exporter = { name: 'camera-pool', kind: 'dma-buf', memtrack: false };
 * const buffer = kernel.createBuffer(exporter, { size: 4096, creator: task });
 * const fd = task.install(new File({ buffer, operations: { link: () => 'anon_inode:camera-pool' } }));
 */
export interface Exporter {
  /** exp_name: `system`, `udmabuf`, `memfd` … */
  readonly name: string;
  readonly kind: BufferKind;
  /** Whether it gives a memtrack buffer in the posted series, where only ION did; `intended` tracks every kind. */
  readonly memtrack: boolean;
  /** Its reference count, where that is not the sum of its files'. */
  refs?(buffer: Buffer): number;
  /** The last reference went; the buffer is already gone from `kernel.buffers`. */
  released?(buffer: Buffer): void;
}

/** What is known of a buffer when it is made. */
export interface BufferOptions {
  /** Bytes; null if not known. */
  readonly size: number | null;
  /** A lower bound in bytes where `size` is null. */
  readonly sizeAtLeast?: number | null;
  readonly name?: string | null;
  readonly tag?: string | null;
  readonly files?: readonly BufferFile[];
  readonly creator?: Task | null;
  /** The buffer whose pages these are; it lives at least as long. */
  readonly backing?: Buffer | null;
  /** The buffer of which it is another form, as a dma-buf of a GEM object: memtrack counts them as one. It must live as long. */
  readonly sameAs?: Buffer | null;
  readonly known?: Known;
  /** A name in a file system refers to it. */
  readonly named?: boolean;
  readonly resident?: number | null;
}
