import { MemtrackError } from '../core/errors.ts';
import type { Held } from '../model/file-operations.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import type { IonBuffer } from './ion-buffer.ts';

/** A client's counted reference to a buffer (struct ion_handle); a client has one per buffer at most. */
export interface IonHandle {
  /** From 1; the lowest free when it was made. */
  readonly id: number;
  readonly buffer: IonBuffer;
  readonly refs: number;
  readonly since: bigint;
}

interface CountedHandle extends IonHandle {
  refs: number;
}

/** An open of /dev/ion, or a driver that uses ION (struct ion_client). Everybody who has the file uses the same handles. */
export class IonClient {
  /** Who opened it: the leader's pid, or a driver's name. */
  readonly name: string;
  /** Tells clients of one name apart: one more than the greatest that lives. */
  readonly serial: number;
  /** The leader of who opened it; null: the kernel. */
  readonly task: Task | null;
  /** Of that leader then; 0: the kernel. */
  readonly pid: number;
  readonly #kernel: Kernel;
  readonly #byId = new Map<number, CountedHandle>();
  readonly #byBuffer = new Map<IonBuffer, CountedHandle>();
  #lowestFree = 1;
  #alive = true;

  constructor(kernel: Kernel, name: string, serial: number, task: Task | null) {
    this.#kernel = kernel;
    this.name = name;
    this.serial = serial;
    this.task = task;
    this.pid = task?.pid ?? 0;
  }

  /** Of its debugfs file: `4242-0`. */
  get displayName(): string {
    return `${this.name}-${this.serial}`;
  }

  /** Its task's name now; null: not known. */
  get comm(): string | null {
    return this.task === null ? this.name : this.task.comm;
  }

  /** False once its file is closed. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Ascending by id. */
  get handles(): readonly IonHandle[] {
    return [...this.#byId.values()].sort((a, b) => a.id - b.id);
  }

  /** What whoever has the file holds. */
  get held(): readonly Held[] {
    return this.handles.map(({ buffer, id, since }) => ({ buffer: buffer.buffer, via: 'handle', number: id, since }));
  }

  /** EINVAL: no such handle (ion_handle_get_by_id). */
  handle(id: number, syscall: string): IonHandle {
    const handle = this.#byId.get(id);
    if (handle === undefined) throw new MemtrackError('EINVAL', syscall, `handle ${id}`);
    return handle;
  }

  /** The handle of that buffer, made if there is none, with one more reference. */
  take(buffer: IonBuffer): IonHandle {
    let handle = this.#byBuffer.get(buffer);
    if (handle === undefined) {
      handle = { id: this.#allocateId(), buffer, refs: 0, since: this.#kernel.now };
      this.#byId.set(handle.id, handle);
      this.#byBuffer.set(buffer, handle);
      buffer.addHandle();
    }
    handle.refs++;
    return handle;
  }

  /** One more reference (ion_handle_get). EINVAL. */
  get(id: number, syscall: string): void {
    (this.handle(id, syscall) as CountedHandle).refs++;
  }

  /** One reference less; the last destroys the handle. EINVAL. `by`: who does it; its leader is the buffer's last client. */
  put(id: number, by: Task, syscall: string): void {
    const handle = this.handle(id, syscall) as CountedHandle;
    if (--handle.refs === 0) this.#destroy(handle, by.leader.comm, by.pid);
  }

  /** ion_client_destroy: every handle goes, however often it was taken. */
  destroy(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const handle of this.handles) this.#destroy(handle, this.comm, this.pid);
  }

  #destroy(handle: IonHandle, comm: string | null, pid: number): void {
    this.#byId.delete(handle.id);
    this.#byBuffer.delete(handle.buffer);
    this.#lowestFree = Math.min(this.#lowestFree, handle.id);
    handle.buffer.removeHandle(comm, pid);
    handle.buffer.put();
  }

  #allocateId(): number {
    const id = this.#lowestFree;
    do this.#lowestFree++;
    while (this.#byId.has(this.#lowestFree));
    return id;
  }
}
