import type { File } from './file.ts';
import type { Kernel } from './kernel.ts';
import { Socket } from './socket.ts';

/**
 * Files passed with SCM_RIGHTS and not yet received (struct scm_fp_list): in flight, owned by no process. Made by
 * `kernel.hold`, by `Task.sendmsg` for a modelled socket.
 */
export class Message {
  /** pid of the sender. */
  readonly from: number;
  readonly since: bigint;
  /** Real uid of the sender, whom they count against. */
  readonly user: number;
  readonly #kernel: Kernel;
  readonly #files: (File | null)[];
  #pending: number;

  /** Takes over one reference per file. */
  constructor(kernel: Kernel, from: number, user: number, files: readonly File[]) {
    this.#kernel = kernel;
    this.from = from;
    this.user = user;
    this.since = kernel.now;
    this.#files = [...files];
    this.#pending = files.length;
    if (this.#pending > 0) kernel.messages.add(this);
    kernel.inFlight.add(user, this.#pending);
    for (const file of files) if (file instanceof Socket) kernel.socketsInFlight++;
  }

  /** In the order they were passed; null where taken. */
  get files(): readonly (File | null)[] {
    return this.#files;
  }

  /** How many are not taken yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Hands a reference over to the caller (then `FdTable.installAt` takes it over); null if it is gone. */
  take(index: number): File | null {
    const file = this.#files[index] ?? null;
    if (file === null) return null;
    this.#files[index] = null;
    this.#kernel.inFlight.add(this.user, -1);
    if (file instanceof Socket) this.#kernel.socketsInFlight--;
    if (--this.#pending === 0) this.#kernel.messages.delete(this);
    return file;
  }

  /** Drops what is left, as when the socket is closed unread. */
  drop(): void {
    for (let index = 0; index < this.#files.length; index++) this.take(index)?.put();
  }
}
