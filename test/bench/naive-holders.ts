import { OP, WORD } from '../../lib/core/record.ts';

/** Maps only: executes one command and remembers why it would be refused under `intended` semantics. */
export class NaiveHolders {
  readonly refused: string[] = [];
  readonly #held = new Map<number, Map<number, number>>();
  readonly #buffers = new Set<number>();
  readonly #usedTasks = new Set<number>();
  readonly #usedBuffers = new Set<number>();

  execute(record: Uint32Array): void {
    const task = record[WORD.task]!;
    const buffer = record[WORD.buffer]!;
    switch (record[WORD.opFlags]) {
      case OP.spawn:
        this.#start(task, new Map());
        break;
      case OP.fork:
        if (this.#alive(task, 'fork')) this.#start(record[WORD.aux]!, new Map(this.#held.get(task)));
        break;
      case OP.exit:
        if (this.#alive(task, 'exit')) this.#held.delete(task);
        break;
      case OP.init:
        this.#alive(task, 'init');
        if (this.#usedBuffers.has(buffer)) this.refused.push(`init of buffer ${buffer} again`);
        this.#usedBuffers.add(buffer);
        this.#buffers.add(buffer);
        break;
      case OP.remove:
        if ([...this.#held.values()].some((held) => held.has(buffer)))
          this.refused.push(`remove of ${buffer}, which is held`);
        if (!this.#buffers.delete(buffer)) this.refused.push(`remove of ${buffer}, which is not there`);
        break;
      case OP.install:
        if (!this.#buffers.has(buffer)) this.refused.push(`install of ${buffer}, which is not there`);
        if (this.#alive(task, 'install')) this.#add(task, buffer, 1);
        break;
      case OP.uninstall:
        if (this.#held.get(task)?.has(buffer) === true) this.#add(task, buffer, -1);
        else this.refused.push(`uninstall of ${buffer} by ${task}, which does not hold it`);
        break;
      default:
        this.refused.push('a command the rivals do not know');
    }
  }

  isAlive(task: number): boolean {
    return this.#held.has(task);
  }

  alive(): number[] {
    return [...this.#held.keys()].sort((a, b) => a - b);
  }

  handles(): number {
    return [...this.#held.values()].reduce((sum, held) => sum + held.size, 0);
  }

  #start(task: number, held: Map<number, number>): void {
    if (this.#usedTasks.has(task)) this.refused.push(`task ${task} again`);
    this.#usedTasks.add(task);
    this.#held.set(task, held);
  }

  #alive(task: number, what: string): boolean {
    const alive = this.#held.has(task);
    if (!alive) this.refused.push(`${what} by ${task}, which is not alive`);
    return alive;
  }

  #add(task: number, buffer: number, delta: number): void {
    const held = this.#held.get(task)!;
    const count = (held.get(buffer) ?? 0) + delta;
    if (count === 0) held.delete(buffer);
    else held.set(buffer, count);
  }
}
