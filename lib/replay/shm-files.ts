import type { Buffer } from '../model/buffer.ts';
import { O } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import type { Losses } from './losses.ts';
import { recordedExporter } from './recorded-buffers.ts';

/** O_TMPFILE without O_DIRECTORY. */
const TMPFILE = 0o20000000;
const DIRECTORY = 0o200000;

/** /dev/shm: a path identifies its object as long as it is linked. */
export class ShmFiles {
  readonly #kernel: Kernel;
  readonly #losses: Losses;
  readonly #linked = new Map<string, Buffer>();

  constructor(kernel: Kernel, losses: Losses) {
    this.#kernel = kernel;
    this.#losses = losses;
  }

  /** The object that an open(2) of that name gave; null: a directory. */
  open(task: Task, name: string, flags: number): Buffer | null {
    if ((flags & TMPFILE) !== 0) return this.#create(task, null, 0);
    if ((flags & DIRECTORY) !== 0) return null;
    const known = this.#linked.get(name);
    if (known === undefined) return this.#begin(task, name, flags);
    if ((flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0) {
      this.#losses.count('shm_lost_unlink');
      this.unlink(name);
      return this.#create(task, name, 0);
    }
    if ((flags & O.TRUNC) !== 0) known.resize(0);
    return known;
  }

  /** The object of that name, which was there before the recording if it is not known. */
  find(task: Task | null, name: string): Buffer {
    return this.#linked.get(name) ?? this.#existing(task, name);
  }

  unlink(name: string): void {
    const buffer = this.#linked.get(name);
    if (buffer === undefined) {
      this.#losses.count('shm_lost_create');
      return;
    }
    this.#linked.delete(name);
    buffer.named = false;
  }

  truncate(name: string, size: number): void {
    this.find(null, name).resize(size);
  }

  #begin(task: Task, name: string, flags: number): Buffer {
    const fresh = (flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0;
    if (fresh) return this.#create(task, name, 0);
    // O_CREAT alone may have found one.
    if ((flags & O.CREAT) !== 0) return this.#create(task, name, (flags & O.TRUNC) !== 0 ? 0 : null);
    return this.#existing(task, name);
  }

  #existing(task: Task | null, name: string): Buffer {
    this.#losses.count('shm_lost_create');
    return this.#create(task, name, null);
  }

  #create(task: Task | null, name: string | null, size: number | null): Buffer {
    const buffer = this.#kernel.createBuffer(recordedExporter('posix-shm', 'shm'), {
      size,
      name,
      creator: size === null ? null : task,
      named: name !== null,
    });
    if (size === null) this.#losses.count('buffer_size_unknown');
    if (name !== null) this.#linked.set(name, buffer);
    return buffer;
  }
}
