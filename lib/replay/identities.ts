import { SPACE } from '../core/record.ts';
import type { Buffer } from '../model/buffer.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import type { ThreadGroup } from '../model/thread-group.ts';
import type { Allocations } from './allocations.ts';
import type { Losses } from './losses.ts';
import type { ProcessHolds } from './process-holds.ts';
import { recordedExporter } from './recorded-buffers.ts';
import type { FileIdentity } from './seen-file.ts';

/** Before buffers without references are given up, in a recording that shows no release. */
const ROOM = 4096;

const MINOR_BITS = 20;

/** `0:11` of a dev_t as the kernel keeps it. */
export function devText(dev: number): string {
  return `${Math.floor(dev / 2 ** MINOR_BITS)}:${dev % 2 ** MINOR_BITS}`;
}

/**
 * Buffers by inode. Inodes are unique while their file lives: a dma-buf is found by its inode alone (all are on one
 * device), any other file by its device and inode.
 */
export class Identities {
  /** Whether the recording tells when the last reference to a dma-buf goes. */
  releasesShown = false;
  /** Whether it tells every close of a descriptor, those of exec among them. */
  closesShown = false;

  readonly #kernel: Kernel;
  readonly #losses: Losses;
  readonly #allocations: Allocations;
  readonly #holds: ProcessHolds;
  readonly #dmaBufs = new Map<number, Buffer>();
  readonly #others = new Map<string, Buffer>();
  readonly #imports = new Map<string, Buffer>();
  /** The dma-buf that each task exported last: its descriptor comes next. */
  readonly #exported = new WeakMap<Task, number>();
  #dmaBufDev: number | null = null;
  #memfdDev: number | null = null;
  #room = ROOM;

  constructor(kernel: Kernel, losses: Losses, allocations: Allocations, holds: ProcessHolds) {
    this.#kernel = kernel;
    this.#allocations = allocations;
    this.#holds = holds;
    this.#losses = losses;
  }

  /** A dma-buf was born. A live one with its inode has gone unseen. */
  export(task: Task | null, inode: number, size: number, exporter: string | null): Buffer {
    const old = this.#dmaBufs.get(inode);
    if (old?.alive === true) {
      if (old.refs > 0 || this.releasesShown) this.#losses.count('inode_used_again');
      this.release(inode);
    }
    if (task !== null) this.#exported.set(task, inode);
    return this.#add(inode, size, exporter, task);
  }

  /** The dma-buf with that inode; one that was not known existed before the recording. */
  dmaBuf(inode: number, size: number, exporter: string | null): Buffer {
    const known = this.#dmaBufs.get(inode);
    if (known?.alive === true) return known;
    const allocated = this.#allocations.get(SPACE.dmaHeap, inode);
    if (allocated === null) this.#losses.count('buffer_before_recording');
    return this.#add(inode, allocated?.bytes ?? size, exporter, allocated?.task ?? null);
  }

  /** The live dma-buf with that inode. */
  known(inode: number): Buffer | null {
    const buffer = this.#dmaBufs.get(inode);
    return buffer?.alive === true ? buffer : null;
  }

  /** What a descriptor is of that was given to a task; null: no buffer, as far as the recording shows. */
  file(task: Task, { dev, inode }: FileIdentity, size: number, exporter: string | null, memfd: boolean): Buffer | null {
    if (dev === null) return this.dmaBuf(inode, size, exporter);
    if (this.#dmaBufDev === null && this.#exported.get(task) === inode && !memfd) {
      this.#dmaBufDev = dev;
      this.#tellDev(dev);
    }
    if (dev === this.#dmaBufDev) return this.dmaBuf(inode, size, exporter);
    if (memfd) this.#memfdDev = dev;
    else if (dev !== this.#memfdDev) return null;
    const key = `${dev}:${inode}`;
    const known = this.#others.get(key);
    if (known?.alive === true && !memfd) return known;
    if (!memfd) this.#losses.count('buffer_before_recording');
    const buffer = this.#kernel.createBuffer(recordedExporter('memfd', 'memfd'), {
      size,
      creator: memfd ? task : null,
      files: [{ dev: devText(dev), inode }],
      known: memfd ? 'exact' : 'inferred',
    });
    this.#others.set(key, buffer);
    if (this.#others.size > this.#room) this.#sortOut();
    return buffer;
  }

  /** A driver holds a dma-buf, or lets it go. */
  import(inode: number, attachment: string, size: number, detach: boolean): void {
    const key = `${inode}@${attachment}`;
    const held = this.#imports.get(key);
    if (detach) {
      this.#imports.delete(key);
      held?.unuseByKernel();
    } else if (held === undefined) {
      const buffer = this.dmaBuf(inode, size, null);
      buffer.useByKernel();
      this.#imports.set(key, buffer);
    }
  }

  /** The last reference to a dma-buf went: whoever seemed to hold it no longer does. */
  release(inode: number): void {
    const buffer = this.#dmaBufs.get(inode);
    this.#dmaBufs.delete(inode);
    if (buffer?.alive !== true) return;
    for (const [key, imported] of this.#imports) {
      if (imported !== buffer) continue;
      this.#imports.delete(key);
      buffer.unuseByKernel();
    }
    if (buffer.refs > 0) this.#dropReferences(buffer);
    buffer.unseen = false;
  }

  /** At the end of a recording that shows no release: what no reference holds is taken to have gone. */
  settle(): void {
    if (this.releasesShown) return;
    const held = this.#holds.buffers();
    for (const [inode, buffer] of this.#dmaBufs) {
      if (buffer.refs > 0 || held.has(buffer)) continue;
      this.#dmaBufs.delete(inode);
      buffer.unseen = false;
    }
  }

  #add(inode: number, size: number, exporter: string | null, creator: Task | null): Buffer {
    const dev = this.#dmaBufDev === null ? null : devText(this.#dmaBufDev);
    const buffer = this.#kernel.createBuffer(recordedExporter('dma-buf', exporter ?? 'dma-buf'), {
      size,
      creator,
      files: [{ dev, inode }],
    });
    buffer.unseen = true;
    this.#dmaBufs.set(inode, buffer);
    if (this.#dmaBufs.size > this.#room) {
      this.settle();
      this.#room = Math.max(ROOM, this.#dmaBufs.size * 2);
    }
    return buffer;
  }

  #tellDev(dev: number): void {
    for (const [inode, buffer] of this.#dmaBufs) buffer.files = [{ dev: devText(dev), inode }];
  }

  #sortOut(): void {
    for (const [key, buffer] of this.#others) if (!buffer.alive) this.#others.delete(key);
    this.#room = Math.max(ROOM, this.#others.size * 2);
  }

  #dropReferences(buffer: Buffer): void {
    this.#losses.count('released_while_held');
    const groups: readonly ThreadGroup[] = this.#kernel.groups;
    for (const group of groups) {
      for (const task of group.threads) {
        for (let fd = 0; fd < task.files.limit; fd++) {
          if (task.files.get(fd)?.buffer === buffer) task.files.closeAt(task, fd);
        }
        for (const vma of [...task.mm.vmas]) {
          if (vma.file.buffer === buffer) task.mm.unmap(task, vma.start, vma.end - vma.start);
        }
      }
    }
  }
}
