import { VM } from '../core/record.ts';
import { NO_CONTAINERS, NO_HANDLES, type Snapshot } from '../core/snapshot.ts';
import type { TrackerSnapshot } from '../core/tracker-snapshot.ts';
import type { Tracker } from '../core/tracker.ts';
import type { ReplayFacts } from './facts.ts';

/** What the core alone knows, as a snapshot: it counts descriptors, but has no numbers of them, no names and no times. */
export function snapshotOfTracker(tracker: Tracker, facts: ReplayFacts): Snapshot {
  const core = tracker.snapshot();
  const { buffers, leaders } = core;
  const none = <Value>(value: Value): Value[] => new Array<Value>(buffers.length).fill(value);
  const rows = Array.from({ length: leaders.length }, (_, row) => row);
  const rowOfPid = new Map(rows.map((row) => [leaders.pid[row], row]));
  return {
    at: facts.clock === null ? null : (facts.at ?? facts.end ?? facts.start),
    mode: facts.mode,
    buffers: {
      length: buffers.length,
      key: [...buffers.key],
      id: [...buffers.id],
      size: [...buffers.size],
      sizeAtLeast: none(NaN),
      resident: none(NaN),
      refs: none(NaN),
      userspaceHandles: [...buffers.userspaceHandles],
      creator: [...buffers.pid].map((pid) => (pid === 0 ? NaN : pid)),
      creatorRow: Array.from(buffers.pid, (pid) => rowOfPid.get(pid) ?? -1),
      backing: none(-1),
      files: none([]),
      kind: none('buffer'),
      name: none(null),
      tag: [...buffers.tag].map((tag) => tracker.tagText(tag)),
      exporter: none(null),
      known: none('exact'),
      kept: none(null),
    },
    processes: {
      length: leaders.length,
      key: [...leaders.task],
      pid: [...leaders.pid],
      comm: rows.map(() => null),
      state: rows.map(() => 'unknown'),
      status: rows.map(() => NaN),
      tables: rows.map((row) => [row]),
      addressSpaces: rows.map((row) => [row]),
      driverPages: rows.map(() => 0),
      containers: rows.map(() => []),
    },
    files: { length: 0, buffer: [], dev: [], inode: [], refs: [] },
    fds: fdColumns(core),
    maps: mapColumns(core),
    inFlight: { length: 0, buffer: [], from: [], since: [] },
    containers: NO_CONTAINERS,
    handles: NO_HANDLES,
  };
}

/** Row of a buffer by its id. */
function rowsById({ buffers }: TrackerSnapshot): ReadonlyMap<number, number> {
  return new Map(Array.from(buffers.id, (id, row) => [id, row]));
}

function fdColumns(core: TrackerSnapshot): Snapshot['fds'] {
  const { handles } = core;
  const byId = rowsById(core);
  const table: number[] = [];
  const buffer: number[] = [];
  for (let row = 0; row < handles.length; row++) {
    for (let fd = 0; fd < handles.fds[row]!; fd++) {
      table.push(handles.leader[row]!);
      buffer.push(byId.get(handles.buffer[row]!)!);
    }
  }
  const all = <Value>(value: Value): Value[] => new Array<Value>(table.length).fill(value);
  return {
    length: table.length,
    table,
    fd: all(NaN),
    buffer,
    file: all(-1),
    cloexec: all(false),
    inferred: all(false),
    since: all(0n),
  };
}

function mapColumns(core: TrackerSnapshot): Snapshot['maps'] {
  const { handles, vmas } = core;
  const byId = rowsById(core);
  const rows = Array.from({ length: vmas.length }, (_, row) => row);
  return {
    length: vmas.length,
    addressSpace: rows.map((row) => handles.leader[vmas.handle[row]!]!),
    buffer: rows.map((row) => byId.get(handles.buffer[vmas.handle[row]!]!)!),
    file: rows.map(() => -1),
    start: [...vmas.start],
    bytes: rows.map((row) => vmas.end[row]! - vmas.start[row]!),
    offset: [...vmas.offset],
    perms: rows.map((row) => permsOf(vmas.flags[row]!)),
    io: rows.map((row) => (vmas.flags[row]! & VM.io) !== 0),
    since: rows.map(() => 0n),
  };
}

function permsOf(flags: number): string {
  return (
    ((flags & VM.read) === 0 ? '-' : 'r') +
    ((flags & VM.write) === 0 ? '-' : 'w') +
    ((flags & VM.exec) === 0 ? '-' : 'x') +
    ((flags & VM.shared) === 0 ? 'p' : 's')
  );
}
