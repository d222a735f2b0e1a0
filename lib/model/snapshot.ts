import type {
  BufferColumns,
  FdColumns,
  FileColumns,
  InFlightColumns,
  MapColumns,
  ProcessColumns,
  ProcessState,
  Snapshot,
} from '../core/snapshot.ts';
import type { AddressSpace } from './address-space.ts';
import type { Buffer } from './buffer.ts';
import { Containers } from './containers.ts';
import type { FdTable } from './fd-table.ts';
import type { File } from './file.ts';
import { VMA } from './flags.ts';
import type { Kernel } from './kernel.ts';
import type { ThreadGroup } from './thread-group.ts';

type Rows = ReadonlyMap<Buffer, number>;
type FileRows = ReadonlyMap<File, number>;

/** The model's whole state as columns. */
export function takeSnapshot(kernel: Kernel): Snapshot {
  const buffers = [...kernel.buffers.values()];
  const rows: Rows = new Map(buffers.map((buffer, row) => [buffer, row]));
  const tables = new Set<FdTable>();
  const spaces = new Set<AddressSpace>();
  for (const group of kernel.groups) {
    for (const task of group.threads) {
      tables.add(task.files);
      spaces.add(task.mm);
    }
  }
  const containers = new Containers(kernel, tables, spaces);
  const files = buffers.flatMap((buffer) => buffer.openFiles);
  const fileRows: FileRows = new Map(files.map((file, row) => [file, row]));
  return {
    at: kernel.now,
    mode: 'references',
    buffers: bufferColumns(kernel, buffers, rows),
    processes: processColumns(kernel.groups, containers),
    files: fileColumns(files, rows),
    fds: fdColumns(tables, rows, fileRows),
    maps: mapColumns(spaces, rows, fileRows),
    inFlight: inFlightColumns(kernel, rows),
    containers: containers.columns(),
    handles: containers.handles(rows),
  };
}

function bufferColumns(kernel: Kernel, buffers: readonly Buffer[], rows: Rows): BufferColumns {
  const tracked = kernel.tracker?.snapshot().buffers;
  const rowOf = new Map<number, number>();
  for (let row = 0; row < (tracked?.length ?? 0); row++) rowOf.set(tracked!.key[row]!, row);
  const groupRow = new Map(kernel.groups.map((group, row) => [group, row]));
  const known = buffers.map((buffer) => rowOf.get(buffer.account) ?? -1);
  return {
    length: buffers.length,
    key: buffers.map((buffer) => buffer.key),
    id: known.map((row) => tracked?.id[row] ?? NaN),
    size: buffers.map((buffer) => buffer.size ?? NaN),
    sizeAtLeast: buffers.map((buffer) => (buffer.size === null ? (buffer.sizeAtLeast ?? NaN) : NaN)),
    resident: buffers.map((buffer) => buffer.resident ?? NaN),
    refs: buffers.map((buffer) => buffer.refs),
    userspaceHandles: known.map((row) => tracked?.userspaceHandles[row] ?? NaN),
    creator: buffers.map((buffer) => buffer.creator?.pid ?? NaN),
    creatorRow: buffers.map(({ creator }) => (creator === null ? -1 : (groupRow.get(creator.group) ?? -1))),
    backing: buffers.map((buffer) => (buffer.backing === null ? -1 : rows.get(buffer.backing)!)),
    files: buffers.map((buffer) => buffer.files),
    kind: buffers.map((buffer) => buffer.kind),
    name: buffers.map((buffer) => buffer.name),
    tag: buffers.map((buffer) => buffer.tag),
    exporter: buffers.map((buffer) => buffer.exporter.name),
    known: buffers.map((buffer) => buffer.known),
    kept: buffers.map((buffer) => buffer.kept),
  };
}

function processColumns(groups: readonly ThreadGroup[], containers: Containers): ProcessColumns {
  return {
    length: groups.length,
    key: groups.map((group) => group.key),
    pid: groups.map((group) => group.pid),
    comm: groups.map((group) => group.comm),
    state: groups.map(stateOf),
    status: groups.map((group) => group.status ?? NaN),
    tables: groups.map((group) => [...new Set(group.threads.map((task) => task.files.id))]),
    addressSpaces: groups.map((group) => [...new Set(group.threads.map((task) => task.mm.id))]),
    driverPages: groups.map((group) =>
      [...new Set(group.threads.map((task) => task.mm))].reduce((sum, mm) => sum + mm.driverPages, 0),
    ),
    containers: groups.map((group) => containers.idsReached(group.threads.flatMap((task) => [task.files, task.mm]))),
  };
}

function stateOf(group: ThreadGroup): ProcessState {
  if (group.uncertain) return 'unknown';
  if (group.alive) return 'alive';
  if (!group.reaped) return 'zombie';
  return group.killed ? 'killed' : 'exited';
}

function fileColumns(files: readonly File[], rows: Rows): FileColumns {
  return {
    length: files.length,
    buffer: files.map((file) => rows.get(file.buffer!)!),
    dev: files.map((file) => file.identity?.dev ?? null),
    inode: files.map((file) => file.identity?.inode ?? NaN),
    refs: files.map((file) => file.refs),
  };
}

function fdColumns(tables: Iterable<FdTable>, rows: Rows, fileRows: FileRows): FdColumns {
  const columns = {
    table: [] as number[],
    fd: [] as number[],
    buffer: [] as number[],
    file: [] as number[],
    cloexec: [] as boolean[],
    inferred: [] as boolean[],
    since: [] as bigint[],
  };
  for (const table of tables) {
    for (let fd = 0; fd < table.limit; fd++) {
      const file = table.get(fd);
      const buffer = file?.buffer ?? null;
      if (file === null || buffer === null) continue;
      columns.table.push(table.id);
      columns.fd.push(fd);
      columns.buffer.push(rows.get(buffer)!);
      columns.file.push(fileRows.get(file)!);
      columns.cloexec.push(table.cloexec(fd));
      columns.inferred.push(table.inferred(fd));
      columns.since.push(table.since(fd));
    }
  }
  return { length: columns.fd.length, ...columns };
}

function mapColumns(spaces: Iterable<AddressSpace>, rows: Rows, fileRows: FileRows): MapColumns {
  const columns = {
    addressSpace: [] as number[],
    buffer: [] as number[],
    file: [] as number[],
    start: [] as number[],
    bytes: [] as number[],
    offset: [] as number[],
    perms: [] as string[],
    io: [] as boolean[],
    since: [] as bigint[],
  };
  for (const space of spaces) {
    for (const vma of space.vmas) {
      const { buffer } = vma;
      if (buffer === null) continue;
      columns.addressSpace.push(space.id);
      columns.buffer.push(rows.get(buffer)!);
      columns.file.push(fileRows.get(vma.file) ?? -1);
      columns.start.push(vma.start);
      columns.bytes.push(vma.end - vma.start);
      columns.offset.push(vma.offset);
      columns.perms.push(vma.perms);
      columns.io.push((vma.flags & VMA.io) !== 0);
      columns.since.push(vma.since);
    }
  }
  return { length: columns.start.length, ...columns };
}

function inFlightColumns(kernel: Kernel, rows: Rows): InFlightColumns {
  const buffer: number[] = [];
  const from: number[] = [];
  const since: bigint[] = [];
  for (const message of kernel.messages) {
    for (const file of message.files) {
      if (file === null || file.buffer === null) continue;
      buffer.push(rows.get(file.buffer)!);
      from.push(message.from);
      since.push(message.since);
    }
  }
  return { length: buffer.length, buffer, from, since };
}
