/**
 * Snapshot: the whole state at one moment, as columns. What the model, a replay and the live collector
 * produce, and what text, rules and reports are made from. Rows refer to each other by index.
 * A number that is not known is NaN; a time is nanoseconds on the recording's clock.
 */

export type BufferKind = 'dma-buf' | 'memfd' | 'posix-shm' | 'sysv-shm' | 'gem' | 'ion' | 'buffer' | 'unknown';

/** How a figure is known. */
export type Known = 'exact' | 'lower-bound' | 'inferred';

/** Who keeps a buffer that no process holds. */
export type Orphan = 'inFlight' | 'kernel' | 'named' | 'unknown';

/** What a file is that holds buffers for whoever has the file. */
export type ContainerKind = 'drm-file' | 'ion-client' | 'io-uring' | 'file';

/** How a container holds a buffer. */
export type HeldVia = 'handle' | 'framebuffer' | 'registered';

export type ProcessState = 'alive' | 'exited' | 'killed' | 'zombie' | 'unknown';

/** One identity of a buffer; `dev` as `major:minor` in decimal; null where the recording does not say. */
export interface BufferFile {
  readonly dev: string | null;
  readonly inode: number | null;
}

export interface BufferColumns {
  readonly length: number;
  /** Unique in the recording, never reused. */
  readonly key: readonly number[];
  /** memtrack id in this replay; NaN if not tracked. */
  readonly id: readonly number[];
  readonly size: readonly number[];
  /** A lower bound where `size` is NaN; else NaN. */
  readonly sizeAtLeast: readonly number[];
  readonly resident: readonly number[];
  /** Reference count of the file(s), as fdinfo counts. */
  readonly refs: readonly number[];
  /** memtrack's ref_count: the number of leaders holding it. */
  readonly userspaceHandles: readonly number[];
  /** pid of the allocator. */
  readonly creator: readonly number[];
  /** Row of the allocator in `processes`, or -1. */
  readonly creatorRow: readonly number[];
  /** Row of the buffer whose pages these are, or -1. */
  readonly backing: readonly number[];
  readonly files: readonly (readonly BufferFile[])[];
  readonly kind: readonly BufferKind[];
  readonly name: readonly (string | null)[];
  readonly tag: readonly (string | null)[];
  readonly exporter: readonly (string | null)[];
  readonly known: readonly Known[];
  /** Why it still lives if no process holds it: what the model knows beyond `fds`, `maps` and `inFlight`. */
  readonly kept: readonly (Orphan | null)[];
}

/** Thread groups, in the order they started. */
export interface ProcessColumns {
  readonly length: number;
  readonly key: readonly number[];
  readonly pid: readonly number[];
  readonly comm: readonly (string | null)[];
  readonly state: readonly ProcessState[];
  /** Exit status, or the signal if killed; NaN if neither is known. */
  readonly status: readonly number[];
  /** Ids of the fd tables its threads use; usually one. */
  readonly tables: readonly (readonly number[])[];
  /** Ids of its address spaces; none once it has exited. */
  readonly addressSpaces: readonly (readonly number[])[];
  /** MM_DRIVERPAGES of its address spaces, in pages. */
  readonly driverPages: readonly number[];
  /** Ids of the containers that its tables and address spaces reach: by an fd, by a mapping of the file, or in another container. */
  readonly containers: readonly (readonly number[])[];
}

/** Open file descriptions (struct file) of buffers. */
export interface FileColumns {
  readonly length: number;
  /** Row of the buffer it opens. */
  readonly buffer: readonly number[];
  /** Which of the buffer's identities it has; null and NaN where that is not known. */
  readonly dev: readonly (string | null)[];
  readonly inode: readonly number[];
  /** file_count: descriptors, mappings, messages in flight and kernel users. */
  readonly refs: readonly number[];
}

/** Descriptors that refer to a buffer, once per table. */
export interface FdColumns {
  readonly length: number;
  readonly table: readonly number[];
  readonly fd: readonly number[];
  readonly buffer: readonly number[];
  /** Row in `files`, or -1 where only the buffer is known. */
  readonly file: readonly number[];
  readonly cloexec: readonly boolean[];
  readonly inferred: readonly boolean[];
  readonly since: readonly bigint[];
}

/** Mappings of a buffer, once per address space. */
export interface MapColumns {
  readonly length: number;
  readonly addressSpace: readonly number[];
  readonly buffer: readonly number[];
  /** Row in `files`, or -1 where only the buffer is known. */
  readonly file: readonly number[];
  readonly start: readonly number[];
  /** Bytes. */
  readonly bytes: readonly number[];
  readonly offset: readonly number[];
  /** As in /proc/[pid]/maps: `rw-s`. */
  readonly perms: readonly string[];
  /** VM_IO: pages without struct page, which are in nobody's RSS. */
  readonly io: readonly boolean[];
  readonly since: readonly bigint[];
}

/** Open files that hold buffers for whoever has them: a DRM file, an ION client, an io_uring. */
export interface ContainerColumns {
  readonly length: number;
  /** Unique among containers, never reused. */
  readonly id: readonly number[];
  readonly kind: readonly ContainerKind[];
  /** Text of the fd's link. */
  readonly name: readonly (string | null)[];
  /** References in sockets' queues, its own or those of containers that it is in. */
  readonly inFlight: readonly number[];
}

/** What containers hold, one row each: GEM and ION handles, framebuffers, registered files. */
export interface HandleColumns {
  readonly length: number;
  /** Id of the container. */
  readonly container: readonly number[];
  readonly buffer: readonly number[];
  readonly via: readonly HeldVia[];
  /** The handle, framebuffer id or slot. */
  readonly number: readonly number[];
  readonly since: readonly bigint[];
}

/** References in sockets' queues, one row each. */
export interface InFlightColumns {
  readonly length: number;
  readonly buffer: readonly number[];
  /** pid of the sender. */
  readonly from: readonly number[];
  readonly since: readonly bigint[];
}

/** Processes that hold a buffer, or are charged for it, though no descriptor or mapping of theirs is known; one row each. */
export interface HoldColumns {
  readonly length: number;
  /** Row of the process. */
  readonly process: readonly number[];
  readonly buffer: readonly number[];
  readonly since: readonly bigint[];
}

/** A sum that the kernel itself keeps, as the recording last printed it. */
export interface KernelSum {
  /** What is summed up: `dma-buf heaps`, `GPU 0`, … */
  readonly what: string;
  /** Of one process; null: of all. */
  readonly pid: number | null;
  /** Bytes. */
  readonly bytes: number;
  /** What of it existed before the recording and was not seen to go; null where that cannot be told. */
  readonly older: number | null;
}

export interface Snapshot {
  /** null: a state without a clock. */
  readonly at: bigint | null;
  /** `references`: holders are known. `allocator`: only who allocated, and `holds` says who is charged. */
  readonly mode: 'references' | 'allocator';
  readonly buffers: BufferColumns;
  readonly processes: ProcessColumns;
  readonly files: FileColumns;
  readonly fds: FdColumns;
  readonly maps: MapColumns;
  readonly inFlight: InFlightColumns;
  readonly containers: ContainerColumns;
  readonly handles: HandleColumns;
  readonly holds?: HoldColumns;
  readonly sums?: readonly KernelSum[];
}

/** Of a state in which no file holds buffers for others. */
export const NO_CONTAINERS: ContainerColumns = { length: 0, id: [], kind: [], name: [], inFlight: [] };
export const NO_HANDLES: HandleColumns = { length: 0, container: [], buffer: [], via: [], number: [], since: [] };
