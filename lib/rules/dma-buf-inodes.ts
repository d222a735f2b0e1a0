import type { BufferKind } from '../core/snapshot.ts';
import type { Holding } from './holding.ts';
import { fdsByProcess, mapsByProcess } from './process-references.ts';

/** A dma-buf as tools know it: by its inode. An ION buffer shared twice is two of them. */
export interface DmaBufInode {
  /** Row of the buffer behind it. */
  readonly buffer: number;
  /** Bytes, as `size:` of fdinfo. */
  readonly size: number;
  /** Process row -> descriptors, ascending by process. */
  readonly fds: ReadonlyMap<number, number>;
  /** Process row -> mappings. */
  readonly maps: ReadonlyMap<number, number>;
}

/** Whether files of such a buffer are dma-bufs, and have `exp_name:` in fdinfo; a GEM object's dma-buf is a buffer of its own. */
export function isExported(kind: BufferKind | undefined): boolean {
  return kind === 'dma-buf' || kind === 'ion';
}

interface Found extends DmaBufInode {
  readonly fds: Map<number, number>;
  readonly maps: Map<number, number>;
}

/** All dma-bufs that a scan of every /proc/[pid] finds, in the order it meets them. */
export function findDmaBufInodes(holding: Holding): readonly DmaBufInode[] {
  const { snapshot, pages } = holding;
  const { buffers, processes, files } = snapshot;
  const found = new Map<string, Found>();
  const inodeOf = (buffer: number, file: number): Found | null => {
    if (!isExported(buffers.kind[buffer])) return null;
    const inode = files.inode[file] ?? NaN;
    const key = Number.isNaN(inode) ? `buffer ${buffer}` : `${files.dev[file] ?? ''} ${inode}`;
    let entry = found.get(key);
    if (entry === undefined) {
      entry = { buffer, size: pages.reach[buffer] ?? 0, fds: new Map(), maps: new Map() };
      found.set(key, entry);
    }
    return entry;
  };
  const fdsOf = fdsByProcess(snapshot);
  const mapsOf = mapsByProcess(snapshot);
  for (let process = 0; process < processes.length; process++) {
    for (const row of fdsOf(process)) {
      count(inodeOf(snapshot.fds.buffer[row] ?? -1, snapshot.fds.file[row] ?? -1)?.fds, process);
    }
    for (const row of mapsOf(process)) {
      count(inodeOf(snapshot.maps.buffer[row] ?? -1, snapshot.maps.file[row] ?? -1)?.maps, process);
    }
  }
  return [...found.values()];
}

/** Processes with a descriptor or a mapping of it, ascending. */
export function processesWith({ fds, maps }: DmaBufInode): readonly number[] {
  return [...new Set([...fds.keys(), ...maps.keys()])].sort((a, b) => a - b);
}

function count(references: Map<number, number> | undefined, process: number): void {
  references?.set(process, (references.get(process) ?? 0) + 1);
}
