import type { ContainerColumns, ContainerKind, HandleColumns, HeldVia } from '../core/snapshot.ts';
import type { AddressSpace } from './address-space.ts';
import type { Buffer } from './buffer.ts';
import type { FdTable } from './fd-table.ts';
import type { File } from './file.ts';
import type { Kernel } from './kernel.ts';

/** The files that hold buffers for whoever has them, and who reaches which. */
export class Containers {
  readonly #kernel: Kernel;
  /** Reached by tables, address spaces and messages, in the order they were met; the number of ways from messages. */
  readonly #inFlight = new Map<File, number>();
  readonly #reached = new Map<FdTable | AddressSpace, ReadonlySet<File>>();

  constructor(kernel: Kernel, tables: Iterable<FdTable>, spaces: Iterable<AddressSpace>) {
    this.#kernel = kernel;
    for (const table of tables) this.#reached.set(table, this.#reach(filesOf(table)));
    for (const space of spaces) this.#reached.set(space, this.#reach(space.vmas.map((vma) => vma.file)));
    for (const message of kernel.messages) {
      for (const file of message.files) {
        if (file === null) continue;
        for (const container of this.#reach([file]))
          this.#inFlight.set(container, (this.#inFlight.get(container) ?? 0) + 1);
      }
    }
  }

  /** Ids of those that any of these reaches. */
  idsReached(users: Iterable<FdTable | AddressSpace>): readonly number[] {
    const ids = new Set<number>();
    for (const user of new Set(users))
      for (const container of this.#reached.get(user) ?? []) ids.add(this.#kernel.containerId(container));
    return [...ids];
  }

  columns(): ContainerColumns {
    const files = [...this.#inFlight.keys()];
    return {
      length: files.length,
      id: files.map((file) => this.#kernel.containerId(file)),
      kind: files.map((file): ContainerKind => file.operations.container ?? 'file'),
      name: files.map((file) => file.link),
      inFlight: [...this.#inFlight.values()],
    };
  }

  handles(rows: ReadonlyMap<Buffer, number>): HandleColumns {
    const columns = {
      container: [] as number[],
      buffer: [] as number[],
      via: [] as HeldVia[],
      number: [] as number[],
      since: [] as bigint[],
    };
    for (const file of this.#inFlight.keys()) {
      const container = this.#kernel.containerId(file);
      for (const held of file.operations.holds?.(file) ?? []) {
        columns.container.push(container);
        columns.buffer.push(rows.get(held.buffer)!);
        columns.via.push(held.via);
        columns.number.push(held.number);
        columns.since.push(held.since);
      }
    }
    return { length: columns.container.length, ...columns };
  }

  /** The containers among these files, and those that they keep open in turn. */
  #reach(files: Iterable<File>): ReadonlySet<File> {
    const reached = new Set<File>();
    const add = (more: Iterable<File>): void => {
      for (const file of more) {
        if (file.operations.holds === undefined) continue;
        reached.add(file);
        if (!this.#inFlight.has(file)) this.#inFlight.set(file, 0);
      }
    };
    add(files);
    // A set takes more while it is walked.
    for (const file of reached) add(file.operations.keeps?.(file) ?? []);
    return reached;
  }
}

function* filesOf(table: FdTable): Iterable<File> {
  for (let fd = 0; fd < table.limit; fd++) {
    const file = table.get(fd);
    if (file !== null) yield file;
  }
}
