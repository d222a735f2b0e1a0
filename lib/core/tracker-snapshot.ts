import { addon } from './addon.ts';

/** What the core knows, as columns: numbers only. Row numbers refer to each other. */
export interface TrackerSnapshot {
  readonly buffers: {
    readonly length: number;
    readonly key: Float64Array;
    readonly id: Float64Array;
    readonly size: Float64Array;
    /** Tag number; 0: none. */
    readonly tag: Float64Array;
    /** pid of the allocator's group leader; 0: none. */
    readonly pid: Float64Array;
    readonly userspaceHandles: Float64Array;
  };
  readonly leaders: {
    readonly length: number;
    /** Key of the leading task. */
    readonly task: Float64Array;
    readonly pid: Float64Array;
    /** How many rows of `handles` are this leader's; they follow each other. */
    readonly handles: Float64Array;
  };
  /** Ascending id within a leader. */
  readonly handles: {
    readonly length: number;
    /** Row in `leaders`. */
    readonly leader: Float64Array;
    /** Buffer id. */
    readonly buffer: Float64Array;
    /** Descriptors; in `posted` the handle's count. */
    readonly fds: Float64Array;
    readonly vmas: Float64Array;
  };
  /** Newest first within a handle. */
  readonly vmas: {
    readonly length: number;
    /** Row in `handles`. */
    readonly handle: Float64Array;
    readonly start: Float64Array;
    readonly end: Float64Array;
    readonly offset: Float64Array;
    /** VM.* bits. */
    readonly flags: Float64Array;
  };
}

const columns = (n: number, length: number): Float64Array[] =>
  Array.from({ length: n }, () => new Float64Array(length));

function readBuffers(tracker: number): TrackerSnapshot['buffers'] {
  for (let room = 256; ;) {
    const filled = columns(6, room);
    const length = addon.buffers(tracker, ...filled);
    if (length <= room) {
      const [key, id, size, tag, pid, userspaceHandles] = filled.map((column) => column.subarray(0, length)) as [
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      return { length, key, id, size, tag, pid, userspaceHandles };
    }
    room = length + (length >> 3);
  }
}

/** Reads everything under read locks; a tracker in use meanwhile gives each leader's rows at some moment of the call. */
export function readSnapshot(tracker: number): TrackerSnapshot {
  const rows = new Float64Array(3);
  let room: [number, number, number] = [256, 1024, 256];
  for (;;) {
    const leader = columns(3, room[0]);
    const handle = columns(4, room[1]);
    const vma = columns(5, room[2]);
    addon.holdings(tracker, rows, ...leader, ...handle, ...vma);
    const [leaders, handles, vmas] = rows as unknown as [number, number, number];
    if (leaders > room[0] || handles > room[1] || vmas > room[2]) {
      room = [leaders + (leaders >> 3), handles + (handles >> 3), vmas + (vmas >> 3)];
      continue;
    }
    const cut = (all: Float64Array[], i: number, length: number): Float64Array =>
      (all[i] as Float64Array).subarray(0, length);
    return {
      buffers: readBuffers(tracker),
      leaders: {
        length: leaders,
        task: cut(leader, 0, leaders),
        pid: cut(leader, 1, leaders),
        handles: cut(leader, 2, leaders),
      },
      handles: {
        length: handles,
        leader: cut(handle, 0, handles),
        buffer: cut(handle, 1, handles),
        fds: cut(handle, 2, handles),
        vmas: cut(handle, 3, handles),
      },
      vmas: {
        length: vmas,
        handle: cut(vma, 0, vmas),
        start: cut(vma, 1, vmas),
        end: cut(vma, 2, vmas),
        offset: cut(vma, 3, vmas),
        flags: cut(vma, 4, vmas),
      },
    };
  }
}
