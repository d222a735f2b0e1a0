import type {
  BufferFile,
  BufferKind,
  ContainerKind,
  HeldVia,
  Known,
  Orphan,
  ProcessState,
  Snapshot,
} from '../lib/core/snapshot.ts';

export interface BufferSpec {
  readonly key?: number;
  readonly id?: number;
  readonly size?: number;
  readonly sizeAtLeast?: number;
  readonly resident?: number;
  readonly refs?: number;
  readonly userspaceHandles?: number;
  readonly creator?: number;
  readonly creatorRow?: number;
  readonly backing?: number;
  readonly files?: readonly BufferFile[];
  readonly kind?: BufferKind;
  readonly name?: string;
  readonly tag?: string;
  readonly exporter?: string;
  readonly known?: Known;
  readonly kept?: Orphan;
}

export interface ProcessSpec {
  readonly pid: number;
  readonly comm?: string;
  readonly state?: ProcessState;
  readonly status?: number;
  /** Ids; a table and an address space of its own unless given. */
  readonly tables?: readonly number[];
  readonly addressSpaces?: readonly number[];
  readonly driverPages?: number;
  /** Ids. */
  readonly containers?: readonly number[];
  /** [fd, buffer row, since?, cloexec?], in the first table. */
  readonly fds?: readonly (readonly [number, number, bigint?, boolean?])[];
  /** [start, buffer row, bytes, since?, perms?], in the first address space. */
  readonly maps?: readonly (readonly [number, number, number, bigint?, string?])[];
}

export interface ContainerSpec {
  readonly id: number;
  readonly kind?: ContainerKind;
  readonly name?: string;
  readonly inFlight?: number;
  /** [number, buffer row, via?, since?] */
  readonly handles?: readonly (readonly [number, number, HeldVia?, bigint?])[];
}

export interface SnapshotSpec {
  readonly at?: bigint | null;
  readonly buffers?: readonly BufferSpec[];
  readonly processes?: readonly ProcessSpec[];
  /** [buffer row, pid of the sender, since?] */
  readonly inFlight?: readonly (readonly [number, number, bigint?])[];
  readonly containers?: readonly ContainerSpec[];
}

/** A snapshot written by hand: rows as objects, everything left out is unknown; an open file per identity that is given. */
export function buildSnapshot(spec: SnapshotSpec): Snapshot {
  const { at = 0n, buffers = [], processes = [], inFlight = [], containers = [] } = spec;
  const gone = (process: ProcessSpec): boolean => process.state === 'exited' || process.state === 'killed';
  const tables = processes.map((process, row) => process.tables ?? (gone(process) ? [] : [1000 + row]));
  const spaces = processes.map((process, row) => process.addressSpaces ?? (gone(process) ? [] : [1000 + row]));
  const fds = processes.flatMap((process, row) =>
    (process.fds ?? []).map((fd) => [tables[row]?.[0] ?? -1, ...fd] as const),
  );
  const maps = processes.flatMap((process, row) =>
    (process.maps ?? []).map((map) => [spaces[row]?.[0] ?? -1, ...map] as const),
  );
  const handles = containers.flatMap(({ id, handles: held = [] }) => held.map((handle) => [id, ...handle] as const));
  const files = buffers.flatMap(({ files: identities = [], refs }, buffer) =>
    identities.map((identity) => ({ buffer, refs: refs ?? NaN, ...identity })),
  );
  const fileOf = (buffer: number): number => files.findIndex((file) => file.buffer === buffer);
  return {
    at,
    mode: 'references',
    buffers: {
      length: buffers.length,
      key: buffers.map((buffer, row) => buffer.key ?? row + 1),
      id: buffers.map((buffer) => buffer.id ?? NaN),
      size: buffers.map((buffer) => buffer.size ?? NaN),
      sizeAtLeast: buffers.map((buffer) => buffer.sizeAtLeast ?? NaN),
      resident: buffers.map((buffer) => buffer.resident ?? NaN),
      refs: buffers.map((buffer) => buffer.refs ?? NaN),
      userspaceHandles: buffers.map((buffer) => buffer.userspaceHandles ?? NaN),
      creator: buffers.map((buffer) => buffer.creator ?? NaN),
      creatorRow: buffers.map((buffer) => buffer.creatorRow ?? -1),
      backing: buffers.map((buffer) => buffer.backing ?? -1),
      files: buffers.map((buffer) => buffer.files ?? []),
      kind: buffers.map((buffer) => buffer.kind ?? 'dma-buf'),
      name: buffers.map((buffer) => buffer.name ?? null),
      tag: buffers.map((buffer) => buffer.tag ?? null),
      exporter: buffers.map((buffer) => buffer.exporter ?? null),
      known: buffers.map((buffer) => buffer.known ?? 'exact'),
      kept: buffers.map((buffer) => buffer.kept ?? null),
    },
    processes: {
      length: processes.length,
      key: processes.map((_, row) => row + 1),
      pid: processes.map((process) => process.pid),
      comm: processes.map((process) => process.comm ?? null),
      state: processes.map((process) => process.state ?? 'alive'),
      status: processes.map((process) => process.status ?? NaN),
      tables,
      addressSpaces: spaces,
      driverPages: processes.map((process) => process.driverPages ?? 0),
      containers: processes.map((process) => process.containers ?? []),
    },
    files: {
      length: files.length,
      buffer: files.map((file) => file.buffer),
      dev: files.map((file) => file.dev),
      inode: files.map((file) => file.inode ?? NaN),
      refs: files.map((file) => file.refs),
    },
    fds: {
      length: fds.length,
      table: fds.map(([table]) => table),
      fd: fds.map(([, fd]) => fd),
      buffer: fds.map(([, , buffer]) => buffer),
      file: fds.map(([, , buffer]) => fileOf(buffer)),
      cloexec: fds.map(([, , , , cloexec]) => cloexec ?? false),
      inferred: fds.map(() => false),
      since: fds.map(([, , , since]) => since ?? 0n),
    },
    maps: {
      length: maps.length,
      addressSpace: maps.map(([space]) => space),
      start: maps.map(([, start]) => start),
      buffer: maps.map(([, , buffer]) => buffer),
      file: maps.map(([, , buffer]) => fileOf(buffer)),
      bytes: maps.map(([, , , bytes]) => bytes),
      offset: maps.map(() => 0),
      since: maps.map(([, , , , since]) => since ?? 0n),
      perms: maps.map(([, , , , , perms]) => perms ?? 'rw-s'),
      io: maps.map(([, , buffer]) => (buffers[buffer]?.kind ?? 'dma-buf') === 'dma-buf'),
    },
    inFlight: {
      length: inFlight.length,
      buffer: inFlight.map(([buffer]) => buffer),
      from: inFlight.map(([, from]) => from),
      since: inFlight.map(([, , since]) => since ?? 0n),
    },
    containers: {
      length: containers.length,
      id: containers.map(({ id }) => id),
      kind: containers.map(({ kind }) => kind ?? 'drm-file'),
      name: containers.map(({ name }) => name ?? null),
      inFlight: containers.map((container) => container.inFlight ?? 0),
    },
    handles: {
      length: handles.length,
      container: handles.map(([container]) => container),
      number: handles.map(([, number]) => number),
      buffer: handles.map(([, , buffer]) => buffer),
      via: handles.map(([, , , via]) => via ?? 'handle'),
      since: handles.map(([, , , , since]) => since ?? 0n),
    },
  };
}
