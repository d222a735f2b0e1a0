/**
 * The answer: who holds what at one moment, as the document that `--json` prints. Its field names are a
 * contract: more may be added, none taken away. Tables and CSV print from it too.
 */

import type { Severity } from '../core/addon.ts';
import type {
  BufferFile,
  BufferKind,
  ContainerKind,
  HeldVia,
  KernelSum,
  Known,
  Orphan,
  ProcessState,
} from '../core/snapshot.ts';
import type { Totals } from '../rules/index.ts';

/** Something that was ignored, refused or not there to be read. */
export interface Loss {
  /** Of the counter: `uninstall_without_handle`. */
  readonly name: string;
  readonly severity: Severity;
  readonly count: number;
  /** A sentence for the user. */
  readonly meaning: string;
}

export interface Answer {
  readonly schema: 'memtrack/1';
  /** Nanoseconds on the recording's clock, in decimal; null: it has no clock. */
  readonly at: string | null;
  /** `references`: holders are known. `allocator`: only who allocated, and they stand as holders. */
  readonly mode: 'references' | 'allocator';
  readonly totals: AnswerTotals;
  /** In the order they started. */
  readonly processes: readonly AnswerProcess[];
  readonly buffers: readonly AnswerBuffer[];
  /** What the kernel itself summed up, if the recording shows it; not added to anything. */
  readonly sums?: readonly KernelSum[];
  readonly losses: readonly Loss[];
}

export interface AnswerTotals extends Totals {
  readonly known: Known;
}

export interface AnswerProcess {
  readonly pid: number;
  readonly comm: string | null;
  readonly state: ProcessState;
  /** Exit status, or the signal if killed. */
  readonly status: number | null;
  readonly rss: number;
  /** Of all that share with it, at the one that started first. */
  readonly pss: number;
  /** Of all that share with it, at the one that started first. */
  readonly uss: number;
  readonly buffers: number;
  readonly fds: number;
  readonly maps: number;
  /** GEM and ION handles, framebuffers and registrations in the files that it reaches. */
  readonly handles: number;
  /** pids that use the same tables, address spaces or files that hold buffers, transitively. */
  readonly sharedWith: readonly number[];
  readonly known: Known;
}

export interface AnswerBuffer {
  readonly key: number;
  readonly id: number | null;
  /** The first of `files`. */
  readonly inode: number | null;
  readonly files: readonly BufferFile[];
  /** Key of the buffer whose pages it is. */
  readonly backing: number | null;
  readonly size: number | null;
  /** A lower bound, where `size` is null and one is known. */
  readonly sizeAtLeast?: number;
  readonly resident: number | null;
  readonly name: string | null;
  readonly tag: string | null;
  readonly exporter: string | null;
  readonly kind: BufferKind;
  /** pid. */
  readonly creator: number | null;
  readonly refs: number | null;
  readonly userspaceHandles: number | null;
  readonly known: Known;
  /** References in sockets' queues. */
  readonly inFlight: number;
  /** Processes that share are named once, at the one that started first. */
  readonly holders: readonly AnswerHolder[];
  /** Who keeps it if no process holds it. */
  readonly orphan: Orphan | null;
}

export interface AnswerHolder {
  readonly pid: number;
  readonly fds: number;
  readonly maps: number;
  /** GEM and ION handles, framebuffers and registrations in the files that it reaches. */
  readonly handles: number;
  /** The earliest of these references; null: the recording has no clock. */
  readonly since: string | null;
  readonly fdList?: readonly AnswerFd[];
  readonly mapList?: readonly AnswerMapping[];
  /** Where there is any. */
  readonly handleList?: readonly AnswerHandle[];
}

export interface AnswerFd {
  readonly fd: number;
  readonly cloexec: boolean;
  /** Not in the recording: concluded from it. */
  readonly inferred?: true;
}

export interface AnswerMapping {
  /** In hexadecimal. */
  readonly start: string;
  readonly length: number;
  readonly offset: number;
  readonly perms: string;
}

export interface AnswerHandle {
  readonly via: HeldVia;
  /** The handle, framebuffer id or slot. */
  readonly number: number;
  /** Of the file that holds: unique in the recording. */
  readonly container: number;
  readonly kind: ContainerKind;
}
