import { SPACE } from '../core/record.ts';
import type { BufferColumns, BufferKind, HoldColumns, KernelSum, Known, Snapshot } from '../core/snapshot.ts';
import type { ThreadGroup } from '../model/thread-group.ts';
import type { Allocation } from './allocation-table.ts';
import type { Lowering } from './lowering.ts';

/** Allocators of the same memory at different layers, the most telling first: only the first that is there is added up. */
const LAYERS = [SPACE.dmaHeap, SPACE.ion, SPACE.ionAddress, SPACE.cma] as const;

/** What else stands for memory of its own. */
const OTHERS = [SPACE.fastrpc, SPACE.kgsl, SPACE.i915, SPACE.amdgpu] as const;

const KINDS: Readonly<Record<number, readonly [BufferKind, string]>> = {
  [SPACE.dmaHeap]: ['dma-buf', 'dma-heap'],
  [SPACE.ion]: ['ion', 'ion'],
  [SPACE.ionAddress]: ['ion', 'ion'],
  [SPACE.ionHeap]: ['ion', 'ion'],
  [SPACE.cma]: ['buffer', 'cma'],
  [SPACE.fastrpc]: ['buffer', 'fastrpc'],
  [SPACE.kgsl]: ['gem', 'kgsl'],
  [SPACE.i915]: ['gem', 'i915'],
  [SPACE.amdgpu]: ['gem', 'amdgpu'],
};

/** Keys of buffers that only an allocator knows begin here, above those of the model. */
const FIRST_KEY = 2 ** 40;

/**
 * A snapshot of the model together with what allocators tell. Where nothing but that is known the mode is `allocator`:
 * a buffer is charged to the process that allocated it. Else holders are those that are known, and a buffer of which only
 * the allocation was seen has none.
 */
export function withAllocations(run: Lowering, snapshot: Snapshot): Snapshot {
  const { allocations, kernel, mode } = run;
  const rowOf = new Map<ThreadGroup, number>(kernel.groups.map((group, row) => [group, row]));
  const buffers = new MoreBuffers(snapshot.buffers);
  const holds = { process: [] as number[], buffer: [] as number[], since: [] as bigint[] };
  const bufferRows = new Map(snapshot.buffers.key.map((key, row) => [key, row]));
  for (const { group, buffer, since } of run.holds.live()) {
    const row = rowOf.get(group);
    const at = bufferRows.get(buffer.key);
    if (row === undefined || at === undefined) continue;
    holds.process.push(row);
    holds.buffer.push(at);
    holds.since.push(since);
  }
  for (const space of summedSpaces(allocations.spaces())) {
    for (const allocation of allocations.live(space)) {
      if (mode === 'references' && knownToModel(run, allocation)) continue;
      const group = groupOf(run, allocation);
      const row = group === null ? undefined : rowOf.get(group);
      const at = buffers.add(allocation, group?.pid ?? NaN, row ?? -1);
      if (mode === 'references' || row === undefined) continue;
      holds.process.push(row);
      holds.buffer.push(at);
      holds.since.push(allocation.since);
    }
    const older = allocations.sumOf(space)?.older ?? NaN;
    if (older > 0) buffers.addOlder(space, older);
  }
  for (const sum of allocations.sums()) {
    // A heap whose buffers have no identity is one amount.
    if (sum.what.startsWith('ION heap ') && sum.printed > 0 && !LAYERS.some((space) => allocations.sumOf(space)))
      buffers.addAmount(sum.what.slice('ION heap '.length), sum.printed);
  }
  return {
    ...snapshot,
    mode,
    buffers: buffers.columns(),
    holds: { length: holds.process.length, ...holds } satisfies HoldColumns,
    sums: [...sumsOf(run), ...run.kernelSums.values()],
  };
}

function summedSpaces(spaces: readonly number[]): readonly number[] {
  const layer = LAYERS.find((space) => spaces.includes(space));
  return [...(layer === undefined ? [] : [layer]), ...OTHERS.filter((space) => spaces.includes(space))];
}

/** A dma-buf that descriptors have shown is not to be counted again. */
function knownToModel(run: Lowering, { space, id }: Allocation): boolean {
  return space === SPACE.dmaHeap && typeof id === 'number' && run.identities.known(id) !== null;
}

function groupOf(run: Lowering, { task, owner }: Allocation): ThreadGroup | null {
  if (owner !== 0) {
    const found = run.kernel.task(owner)?.group;
    if (found !== undefined) return found;
  }
  return task === null ? null : run.tasks.current(task).group;
}

function sumsOf({ allocations }: Lowering): KernelSum[] {
  return allocations
    .sums()
    .filter(({ printed }) => !Number.isNaN(printed))
    .map(({ what, printed, older }) => ({
      what,
      pid: null,
      bytes: printed,
      older: Number.isNaN(older) ? null : older,
    }));
}

/** Buffer columns that grow. */
class MoreBuffers {
  readonly #of: {
    -readonly [Name in keyof BufferColumns]: BufferColumns[Name] extends readonly (infer Value)[] ? Value[] : number;
  };
  #next = FIRST_KEY;

  constructor(from: BufferColumns) {
    this.#of = {
      length: from.length,
      key: [...from.key],
      id: [...from.id],
      size: [...from.size],
      sizeAtLeast: [...from.sizeAtLeast],
      resident: [...from.resident],
      refs: [...from.refs],
      userspaceHandles: [...from.userspaceHandles],
      creator: [...from.creator],
      creatorRow: [...from.creatorRow],
      backing: [...from.backing],
      files: [...from.files],
      kind: [...from.kind],
      name: [...from.name],
      tag: [...from.tag],
      exporter: [...from.exporter],
      known: [...from.known],
      kept: [...from.kept],
    };
  }

  columns(): BufferColumns {
    return this.#of;
  }

  add({ space, id, bytes, name }: Allocation, creator: number, creatorRow: number): number {
    const inode = space === SPACE.dmaHeap && typeof id === 'number' ? id : null;
    const row = this.#push(space, bytes, name, inode, 'exact');
    this.#of.creator[row] = creator;
    this.#of.creatorRow[row] = creatorRow;
    return row;
  }

  /** What was there before the recording, of which only the sum is known. */
  addOlder(space: number, bytes: number): void {
    this.#push(space, bytes, '(older than the recording)', null, 'inferred');
  }

  addAmount(heap: string, bytes: number): void {
    this.#push(SPACE.ionHeap, bytes, heap, null, 'inferred');
  }

  #push(space: number, bytes: number, name: string | null, inode: number | null, known: Known): number {
    const of = this.#of;
    const [kind, exporter] = KINDS[space] ?? ['buffer', 'unknown'];
    of.key.push(this.#next++);
    of.id.push(NaN);
    of.size.push(bytes);
    of.sizeAtLeast.push(NaN);
    of.resident.push(NaN);
    of.refs.push(NaN);
    of.userspaceHandles.push(NaN);
    of.creator.push(NaN);
    of.creatorRow.push(-1);
    of.backing.push(-1);
    of.files.push(inode === null ? [] : [{ dev: null, inode }]);
    of.kind.push(kind);
    of.name.push(name);
    of.tag.push(null);
    of.exporter.push(exporter);
    of.known.push(known);
    of.kept.push('unknown');
    return of.length++;
  }
}
