import type { Holding } from '../rules/index.ts';
import type { AnswerFd, AnswerHandle, AnswerMapping } from './answer.ts';

interface Detail {
  readonly fdList: AnswerFd[];
  readonly mapList: AnswerMapping[];
  handleList?: AnswerHandle[];
}

/** Every descriptor, mapping and handle of every holder, for `--detail`. */
export class DetailIndex {
  readonly #details = new Map<number, Detail>();
  readonly #buffers: number;

  constructor(holding: Holding) {
    const {
      snapshot: { buffers, fds, maps, containers, handles },
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
    const kinds = new Map(containers.id.map((id, row) => [id, containers.kind[row] ?? 'file']));
    for (let i = 0; i < handles.length; i++) {
      const container = handles.container[i] ?? NaN;
      const row = holder.get(sharing.containerIndex.get(container) ?? -1);
      if (row === undefined) continue;
      (this.#at(row, handles.buffer[i] ?? 0).handleList ??= []).push({
        via: handles.via[i] ?? 'handle',
        number: handles.number[i] ?? NaN,
        container,
        kind: kinds.get(container) ?? 'file',
      });
    }
  }

  /** What the holder led by process `row` has of the buffer, by fd, by address, by container and number. */
  of(row: number, buffer: number): Detail {
    const detail = this.#at(row, buffer);
    detail.fdList.sort((a, b) => a.fd - b.fd);
    detail.mapList.sort((a, b) => parseInt(a.start, 16) - parseInt(b.start, 16));
    detail.handleList?.sort((a, b) => a.container - b.container || a.number - b.number);
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
