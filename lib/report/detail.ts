import type { Holding } from '../rules/index.ts';
import type { AnswerFd, AnswerMapping } from './answer.ts';

interface Detail {
  readonly fdList: AnswerFd[];
  readonly mapList: AnswerMapping[];
}

/** Every descriptor and mapping of every holder, for `--detail`. */
export class DetailIndex {
  readonly #details = new Map<number, Detail>();
  readonly #buffers: number;

  constructor(holding: Holding) {
    const {
      snapshot: { buffers, fds, maps },
      sharing,
    } = holding;
    this.#buffers = buffers.length;
    const holder = new Map<number, number>();
    sharing.used.forEach((used, row) => {
      for (const index of used) holder.set(index, sharing.group[row] ?? row);
    });

    for (let i = 0; i < fds.length; i++) {
      const row = holder.get(sharing.tableIndex.get(fds.table[i] ?? NaN) ?? -1);
      if (row === undefined) continue;
      this.#at(row, fds.buffer[i] ?? 0).fdList.push({
        fd: fds.fd[i] ?? NaN,
        cloexec: fds.cloexec[i] ?? false,
        ...(fds.inferred[i] === true ? { inferred: true } : {}),
      });
    }
    for (let i = 0; i < maps.length; i++) {
      const row = holder.get(sharing.addressSpaceIndex.get(maps.addressSpace[i] ?? NaN) ?? -1);
      if (row === undefined) continue;
      this.#at(row, maps.buffer[i] ?? 0).mapList.push({
        start: (maps.start[i] ?? NaN).toString(16),
        length: maps.bytes[i] ?? NaN,
        offset: maps.offset[i] ?? NaN,
        perms: maps.perms[i] ?? '',
      });
    }
  }

  /** What the holder led by process `row` has of the buffer, by fd and by address. */
  of(row: number, buffer: number): Detail {
    const detail = this.#at(row, buffer);
    detail.fdList.sort((a, b) => a.fd - b.fd);
    detail.mapList.sort((a, b) => parseInt(a.start, 16) - parseInt(b.start, 16));
    return detail;
  }

  #at(row: number, buffer: number): Detail {
    const key = row * this.#buffers + buffer;
    let detail = this.#details.get(key);
    if (detail === undefined) {
      detail = { fdList: [], mapList: [] };
      this.#details.set(key, detail);
    }
    return detail;
  }
}
