/**
 * Numbers, from 0, of things that actors use and may share, in the order in which they were first used; a dead actor keeps
 * the number of what it used last.
 */
export class Numbering<Thing extends object, User extends object> {
  readonly #numbers = new WeakMap<Thing, number>();
  readonly #last = new Map<User, number>();
  #next = 0;

  /** The user uses it from now on. `renew`: it has become another thing (a table that exec made the task's own). */
  assign(user: User, thing: Thing, renew = false): void {
    let number = renew ? undefined : this.#numbers.get(thing);
    if (number === undefined) this.#numbers.set(thing, (number = this.#next++));
    this.#last.set(user, number);
  }

  of(user: User): number {
    return this.#last.get(user) ?? -1;
  }
}
