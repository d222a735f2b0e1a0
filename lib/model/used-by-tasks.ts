import type { Task } from './task.ts';

/** What several tasks may use at once (files_struct, mm_struct): the last user to go gives it up. */
export abstract class UsedByTasks {
  /** Live tasks that use it. */
  readonly users: Task[] = [];

  addUser(task: Task): void {
    this.users.push(task);
  }

  removeUser(task: Task): void {
    this.users.splice(this.users.indexOf(task), 1);
    if (this.users.length === 0) this.giveUp(task);
  }

  /** Lets go of everything, by the last user; the core does so by itself. */
  protected abstract giveUp(by: Task): void;
}
