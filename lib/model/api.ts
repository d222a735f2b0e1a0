/**
 * The shapes of lib/model, to code against while the classes are written; each interface here becomes a class
 * of the same name in its own file (`lib/model/fd-table.ts`: `FdTable` …) and this file goes.
 *
 * Two levels. *Primitives* put an observed result in place and never choose: `FdTable.installAt`, `FdTable.closeAt`,
 * `AddressSpace.map` … They displace what was there, ignore limits and throw only for nonsense. *System calls* are methods of
 * `Task`: they choose (lowest free fd, address) and throw `MemtrackError` with the kernel's errno.
 *
 * References: a `File` is counted as in the kernel. `new File(...)` has one reference, owned by its maker;
 * `installAt`, `hold` (in flight) *consume* one reference of the caller; `map` and the dup family take their own.
 *
 * `by` is the task that acts: it must be alive and use the table or address space.
 */
import type { BufferFile, BufferKind, Known, Orphan, Snapshot } from '../core/snapshot.ts';

/** What the core's tracker offers to the model; lib/core's Tracker fits. */
export interface CommandSink {
  apply(words: Uint32Array, count: number, results?: Int32Array): number;
}

export interface KernelOptions {
  readonly semantics?: 'intended' | 'posted';
  readonly memtrack?: 'off' | 'on' | 'debug';
  /** Takes the commands; default: a Tracker of its own. */
  readonly tracker?: CommandSink;
  /** Tasks that end are reaped at once and their pid is free (a recording shows no wait). Default false. */
  readonly autoReap?: boolean;
}

export interface Kernel {
  /** Nanoseconds on the recording's clock; stamps `since`, `startTime`, `endTime`. */
  now: bigint;
  /** Live buffers by key, in order of creation. */
  readonly buffers: ReadonlyMap<number, Buffer>;
  /** Thread groups in the order they started, the ended too. */
  readonly groups: readonly ThreadGroup[];
  /** The task with that tid (alive or not yet reaped). */
  task(pid: number): Task | undefined;
  /** A new process outside any fork: own empty table and address space. EEXIST: pid is in use by a live task. */
  spawn(options?: { pid?: number; comm?: string | null; parent?: Task | null }): Task;
  /** A buffer comes to be (dma_buf_export, shmem_file_setup …); it lives until its last File, `named` and backing user go. */
  createBuffer(exporter: Exporter, options: BufferOptions): Buffer;
  /** Files leave a table and are in flight, owned by no process; consumes one reference per file. */
  hold(from: Task, files: readonly File[]): Message;
  /** Sends the batched commands to the tracker. */
  flush(): void;
  snapshot(): Snapshot;
  close(): void;
}

export interface BufferOptions {
  readonly size: number | null;
  readonly sizeAtLeast?: number | null;
  readonly name?: string | null;
  readonly tag?: string | null;
  readonly files?: readonly BufferFile[];
  readonly creator?: Task | null;
  readonly backing?: Buffer | null;
  readonly known?: Known;
  readonly named?: boolean;
  readonly resident?: number | null;
}

export interface Buffer {
  /** Never reused. */
  readonly key: number;
  readonly kind: BufferKind;
  readonly exporter: Exporter;
  readonly size: number | null;
  sizeAtLeast: number | null;
  resident: number | null;
  name: string | null;
  readonly tag: string | null;
  files: readonly BufferFile[];
  creator: Task | null;
  readonly backing: Buffer | null;
  known: Known;
  /** Whether the core's tracker knows it: in `posted` only exporters with `memtrack`. */
  readonly tracked: boolean;
  readonly alive: boolean;
  /** Sum of its files' reference counts, as fdinfo's count. */
  readonly refs: number;
  /** A name in a file system keeps it (POSIX shm until unlink). Setting false may release it. */
  named: boolean;
  readonly kept: Orphan | null;
  resize(size: number): void;
  setTag(tag: string | null): void;
}

/** What an exporter of buffers is; write your own with this and `createBuffer`. */
export interface Exporter {
  /** exp_name: `system`, `udmabuf`, `memfd`, … */
  readonly name: string;
  readonly kind: BufferKind;
  /** Gives a memtrack buffer in the posted series (only ION did). */
  readonly memtrack: boolean;
  /** The buffer's last reference went. */
  released?(buffer: Buffer): void;
}

/** Struct file_operations, as far as shared memory needs it. */
export interface FileOperations {
  /** readlink of /proc/[pid]/fd/N. */
  link?(file: File): string;
  /** Refuses by throwing; returns VM_* bits of the new VMA beyond protection and sharing. Absent: ENODEV. */
  mmap?(file: File, length: number, offset: number, prot: number, shared: boolean): number;
  /** The last reference went. */
  release?(file: File): void;
}

/** An open file description. */
export interface File {
  readonly refs: number;
  readonly buffer: Buffer | null;
  /** Which of the buffer's inodes. */
  readonly identity: BufferFile | null;
  readonly operations: FileOperations;
  /** Static link text of files that are no buffer: `/dev/null`, `pipe:[7]`. */
  readonly path: string;
  /** O_ flags without O_CLOEXEC. */
  flags: number;
  readonly link: string;
  get(): this;
  put(): void;
}
// new File({ buffer?, identity?, operations?, path?, flags? })

export interface InstallOptions {
  readonly cloexec?: boolean;
  /** The fd was not seen but concluded. */
  readonly inferred?: boolean;
}

export interface FdTable {
  /** Unique among tables. */
  readonly id: number;
  /** Live tasks using it. */
  readonly users: readonly Task[];
  readonly openFds: number;
  /** One past the highest open fd. */
  readonly limit: number;
  get(fd: number): File | null;
  cloexec(fd: number): boolean;
  inferred(fd: number): boolean;
  since(fd: number): bigint;
  lowestFree(from?: number): number;
  /** Publishes; what was there is closed as by close(2) (a close that was not seen). Consumes a reference. True if something was displaced. */
  installAt(by: Task, fd: number, file: File, options?: InstallOptions): boolean;
  /** do_dup2: takes its own reference; what was there is closed silently (in `posted` memtrack does not see that). True if displaced. */
  dupAt(by: Task, file: File, fd: number, cloexec?: boolean): boolean;
  /** False if it was not open. */
  closeAt(by: Task, fd: number): boolean;
  closeRangeAt(by: Task, first: number, last: number, cloexec?: boolean): number;
  setCloexec(fd: number, cloexec: boolean): void;
}

export interface Vma {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Bytes into the file. */
  readonly offset: number;
  readonly file: File;
  /** VM.* bits of lib/core/record.ts (read 1, write 2, exec 4 equal PROT_), more above. */
  readonly flags: number;
  readonly since: bigint;
}

/** Mappings of files; anonymous memory is not kept, but a fixed mapping of it is `unmap`. */
export interface AddressSpace {
  readonly id: number;
  readonly users: readonly Task[];
  /** Ascending by start. */
  readonly vmas: readonly Vma[];
  find(address: number): Vma | null;
  /** Maps [start, start + length), replacing what overlaps; takes its own reference; merges if the exporter allows. */
  map(by: Task, start: number, length: number, file: File, offset: number, prot: number, shared: boolean): void;
  /** False if nothing was there. Lengths round up to whole pages. */
  unmap(by: Task, start: number, length: number): boolean;
  protect(by: Task, start: number, length: number, prot: number): void;
  /** mremap as observed: old range gone unless `keepOld` (old length 0, or MREMAP_DONTUNMAP). */
  move(by: Task, start: number, oldLength: number, newStart: number, newLength: number, keepOld?: boolean): void;
  dontFork(by: Task, start: number, length: number, on: boolean): void;
  /** Highest gap below the last mapping, as mmap(2) without an address chooses. */
  lowestGap(length: number): number;
}

/** References in a socket's queue. */
export interface Message {
  /** pid of the sender's group. */
  readonly from: number;
  readonly since: bigint;
  /** null where already taken. */
  readonly files: readonly (File | null)[];
  readonly pending: number;
  /** Hands the reference over (then `installAt` consumes it), or null if taken before. */
  take(index: number): File | null;
  /** Drops what is left. */
  drop(): void;
}

/** What all threads of a process share (signal_struct). */
export interface ThreadGroup {
  readonly key: number;
  readonly pid: number;
  readonly leader: Task;
  /** Live threads. */
  readonly threads: readonly Task[];
  comm: string | null;
  readonly startTime: bigint;
  readonly endTime: bigint | null;
  /** Exit status, or the signal if killed; null: not known. */
  status: number | null;
  killed: boolean;
  readonly alive: boolean;
  readonly reaped: boolean;
  /** Soft RLIMIT_NOFILE, default 1024; obeyed by system calls only. */
  nofile: number;
}

export interface Task {
  /** Never reused. */
  readonly key: number;
  readonly tid: number;
  /** tgid. */
  readonly pid: number;
  readonly group: ThreadGroup;
  readonly parent: Task | null;
  comm: string | null;
  readonly alive: boolean;
  /** Empty shared table of the dead once it ended. */
  readonly files: FdTable;
  readonly mm: AddressSpace;
  readonly startTime: bigint;

  /** clone(2): CLONE_* flags; EINVAL as the kernel; `pid` as observed, else the next free. */
  clone(flags: number, options?: { pid?: number; comm?: string | null }): Task;
  fork(options?: { pid?: number }): Task;
  /** Ends other threads, takes the leader's pid, unshares files, new mm, closes close-on-exec fds. */
  exec(comm?: string | null): void;
  /** This thread ends. */
  exit(status?: number | null): void;
  exitGroup(status?: number | null): void;
  /** The whole group ends by a signal. */
  kill(signal: number | null): void;
  /** CLONE_FILES. */
  unshareFiles(): void;

  file(fd: number): File;                    // EBADF
  install(file: File, options?: InstallOptions): number; // lowest free; consumes; EMFILE
  close(fd: number): void;
  dup(fd: number): number;
  dup2(fd: number, to: number): number;
  dup3(fd: number, to: number, flags?: number): number;
  dupfd(fd: number, from: number, cloexec?: boolean): number;
  closeRange(first: number, last: number, flags?: number): void;
  mmap(options: { fd: number; length: number; offset?: number; prot?: number; shared?: boolean; address?: number; fixed?: boolean }): number;
  munmap(address: number, length: number): void;
  mprotect(address: number, length: number, prot: number): void;
  mremap(address: number, oldLength: number, newLength: number, flags?: number, newAddress?: number): number;
  madvise(address: number, length: number, advice: number): void;
  socketpair(options?: { cloexec?: boolean }): [number, number];
  sendmsg(socket: number, fds: readonly number[]): Message;
  recvmsg(socket: number, options?: { space?: number; cloexec?: boolean }): { fds: number[]; truncated: boolean };
  pidfdGetfd(target: Task, fd: number): number;
}
