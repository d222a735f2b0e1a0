/**
 * Page sets: buffers that are the same pages (a udmabuf over a memfd) are charged as one. Each reaches so many
 * bytes into the set; where the recording does not say which part a buffer covers, it is taken from the start.
 */

import type { BufferColumns } from '../core/snapshot.ts';

export interface PageSets {
  /** Buffer row -> row of the buffer whose pages these are, or itself. */
  readonly set: Int32Array;
  /** Buffer row -> bytes it reaches: its size, or what is known of it, or 0. */
  readonly reach: Float64Array;
  /** Set -> its buffers; only sets of more than one. */
  readonly aliases: ReadonlyMap<number, readonly number[]>;
}

export function findPageSets(buffers: BufferColumns): PageSets {
  const set = new Int32Array(buffers.length);
  const reach = new Float64Array(buffers.length);
  const aliases = new Map<number, number[]>();
  for (let row = 0; row < buffers.length; row++) {
    reach[row] = reached(buffers, row);
    let root = row;
    // A chain is at most as long as there are buffers: a ring, which no kernel makes, ends somewhere.
    for (let steps = 0; (buffers.backing[root] ?? -1) >= 0 && steps < buffers.length; steps++)
      root = buffers.backing[root] ?? root;
    set[row] = root;
    if (root === row) continue;
    const members = aliases.get(root);
    if (members === undefined) aliases.set(root, [root, row]);
    else members.push(row);
  }
  return { set, reach, aliases };
}

/** False: the bytes of this buffer in a sum are a lower bound. */
export function sizeIsKnown(buffers: BufferColumns, row: number): boolean {
  return !Number.isNaN(buffers.size[row] ?? NaN);
}

function reached(buffers: BufferColumns, row: number): number {
  const size = buffers.size[row] ?? NaN;
  if (size >= 0) return size;
  const atLeast = buffers.sizeAtLeast[row] ?? NaN;
  return atLeast >= 0 ? atLeast : 0;
}

/** Bytes that these rows of buffers reach together, each page once: `rows` from `begin` to before `end`. */
export function reachedBytes(sets: PageSets, rows: Uint32Array, begin: number, end: number): number {
  let bytes = 0;
  let shared: Map<number, number> | null = null;
  for (let i = begin; i < end; i++) {
    const buffer = rows[i] ?? 0;
    const root = sets.set[buffer] ?? buffer;
    const reach = sets.reach[buffer] ?? 0;
    if (!sets.aliases.has(root)) {
      bytes += reach;
      continue;
    }
    shared ??= new Map();
    const before = shared.get(root) ?? 0;
    if (reach > before) {
      shared.set(root, reach);
      bytes += reach - before;
    }
  }
  return bytes;
}
