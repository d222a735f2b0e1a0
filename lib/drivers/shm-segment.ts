import type { Buffer } from '../model/buffer.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { VMA } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import { type IpcOwner, ownerOf } from './ipc-permission.ts';
import type { Task } from '../model/task.ts';

/** SHM_DEST: goes with its last attach. */
const DEST = 0o1000;

/** What IPC_STAT and /proc/sysvipc/shm tell of a segment (struct shmid_ds). */
export interface ShmStat {
  readonly key: number;
  readonly id: number;
  /** Access bits; 01000: it goes with its last attach. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** pid of the process that made it, and of the last that attached or detached it (0: none). */
  readonly creatorPid: number;
  readonly lastPid: number;
  /** How often it is attached. */
  readonly attached: number;
  /** Seconds on the kernel's clock; 0: never. */
  readonly attachTime: number;
  readonly detachTime: number;
  readonly changeTime: number;
}

export interface MadeSegment {
  readonly id: number;
  readonly key: number;
  readonly mode: number;
  readonly buffer: Buffer;
}

/** A segment (struct shmid_kernel). */
export class ShmSegment {
  readonly id: number;
  readonly buffer: Buffer;
  /** 0 (IPC_PRIVATE): nothing finds it. */
  key: number;
  mode: number;
  readonly #kernel: Kernel;
  readonly #operations: FileOperations;
  readonly #destroyed: (segment: ShmSegment) => void;
  readonly owner: IpcOwner;
  readonly #creatorPid: number;
  readonly #changeTime: number;
  #lastPid = 0;
  #attached = 0;
  #attachTime = 0;
  #detachTime = 0;

  constructor(kernel: Kernel, creator: Task, made: MadeSegment, destroyed: (segment: ShmSegment) => void) {
    this.#kernel = kernel;
    this.id = made.id;
    this.key = made.key;
    this.mode = made.mode;
    this.buffer = made.buffer;
    this.owner = ownerOf(creator.credentials);
    this.#creatorPid = creator.pid;
    this.#changeTime = this.#seconds();
    this.#destroyed = destroyed;
    this.#operations = {
      link: () => `/${this.buffer.name} (deleted)`,
      mmap: () => undefined,
      movesAlone: true,
      vmOpened: (_file, by) => this.#opened(by),
      vmClosed: (_file, by) => this.#closed(by),
      // Its vm_ops have a close.
      vmFlags: VMA.noRemoval,
    };
  }

  /** Bytes, as asked for; attaches are whole pages. */
  get size(): number {
    return this.buffer.size ?? 0;
  }

  /** The open file of one attach. */
  open(flags: number): File {
    return new File({ buffer: this.buffer, operations: this.#operations, flags });
  }

  /** do_shm_rmid. */
  condemn(): void {
    if (this.#attached === 0) {
      this.#destroy();
      return;
    }
    this.mode |= DEST;
    this.key = 0;
    this.buffer.named = false;
  }

  stat(): ShmStat {
    return {
      key: this.key,
      id: this.id,
      mode: this.mode,
      size: this.size,
      creatorPid: this.#creatorPid,
      lastPid: this.#lastPid,
      attached: this.#attached,
      attachTime: this.#attachTime,
      detachTime: this.#detachTime,
      changeTime: this.#changeTime,
    };
  }

  /** shm_open: a mapping more; at fork the parent is who opens. */
  #opened(by: Task): void {
    this.#attached++;
    this.#attachTime = this.#seconds();
    this.#lastPid = by.pid;
  }

  /** shm_close. */
  #closed(by: Task): void {
    this.#attached--;
    this.#detachTime = this.#seconds();
    this.#lastPid = by.pid;
    if (this.#attached === 0 && (this.mode & DEST) !== 0) this.#destroy();
  }

  #destroy(): void {
    this.#destroyed(this);
    this.buffer.named = false;
  }

  #seconds(): number {
    return Number(this.#kernel.now / 1_000_000_000n);
  }
}
