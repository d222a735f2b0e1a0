import type { FdTable } from '../model/fd-table.ts';
import type { File } from '../model/file.ts';

interface Inferred {
  readonly files: FdTable;
  readonly fd: number;
  readonly file: File;
}

/** Sorted out when there are more. */
const ROOM = 64;

/** Descriptors that were concluded and not seen since, oldest first. */
export class InferredFds {
  #waiting: Inferred[] = [];
  #room = ROOM;

  add(files: FdTable, fd: number, file: File): void {
    this.#waiting.push({ files, fd, file });
    if (this.#waiting.length <= this.#room) return;
    this.#waiting = this.#waiting.filter(waits);
    this.#room = this.#waiting.length * 2 + ROOM;
  }

  /** The oldest of a table; it waits no longer. */
  take(files: FdTable): Inferred | null {
    const at = this.#waiting.findIndex((inferred) => inferred.files === files && waits(inferred));
    return at < 0 ? null : (this.#waiting.splice(at, 1)[0] ?? null);
  }
}

function waits({ files, fd, file }: Inferred): boolean {
  return files.get(fd) === file && files.inferred(fd);
}
