import { MemtrackError } from '../core/errors.ts';
import { CAP, capable } from './credentials.ts';
import type { Task } from './task.ts';

/** Descriptors in flight, by the user who sent them (user_struct.unix_inflight). */
export class InFlight {
  readonly #byUser = new Map<number, number>();

  /** Descriptors that the user, a real uid, has in flight. */
  of(user: number): number {
    return this.#byUser.get(user) ?? 0;
  }

  add(user: number, descriptors: number): void {
    const sum = this.of(user) + descriptors;
    if (sum === 0) this.#byUser.delete(user);
    else this.#byUser.set(user, sum);
  }

  /**
   * too_many_unix_fds: who has more than RLIMIT_NOFILE in flight may send no more. It is looked at before these are added, so
   * that one message may go far beyond. ETOOMANYREFS.
   */
  check(task: Task): void {
    const { credentials, group, kernel } = task;
    if (this.of(credentials.uid.real) <= group.nofile) return;
    const first = kernel.userNamespace;
    if (capable(credentials, CAP.SYS_RESOURCE, first) || capable(credentials, CAP.SYS_ADMIN, first)) return;
    throw new MemtrackError('ETOOMANYREFS', 'sendmsg');
  }
}
