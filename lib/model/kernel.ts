import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { Tracker } from '../core/tracker.ts';
import { Accounting } from './accounting.ts';
import type { CommandSink } from './accounting.ts';
import { AddressSpace } from './address-space.ts';
import { Buffer } from './buffer.ts';
import { makeCredentials } from './credentials.ts';
import type { CredentialOptions, Credentials } from './credentials.ts';
import { reapForReuse } from './exit.ts';
import type { BufferOptions, Exporter } from './exporter.ts';
import { FdTable } from './fd-table.ts';
import type { File } from './file.ts';
import { InFlight } from './in-flight.ts';
import { Message } from './message.ts';
import { PidNamespace } from './pid-namespace.ts';
import { takeSnapshot } from './snapshot.ts';
import type { Socket } from './socket.ts';
import { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import { UserNamespace } from './user-namespace.ts';

export interface KernelOptions {
  /** What the proposals promise, or what the 2016 patches do. Default `intended`. */
  readonly semantics?: 'intended' | 'posted';
  /** CONFIG_MEMTRACK; `debug` also CONFIG_MEMTRACK_DEBUG, which makes /sys/kernel/debug/memtrack. Default `on`. */
  readonly memtrack?: 'off' | 'on' | 'debug';
  /** CONFIG_PROFILING: in `posted`, without it no exit drops a handle. Default true. */
  readonly profiling?: boolean;
  /** Takes the commands, and is closed by who made it. Default: a private Tracker with these semantics. */
  readonly tracker?: CommandSink;
  /** Tasks that end are reaped at once, as if someone always waited. Default false. */
  readonly autoReap?: boolean;
  /** pid_max, exclusive. Default 4,194,304. */
  readonly pidMax?: number;
  /** fs.nr_open: no table has more fds. Default 1,048,576. */
  readonly nrOpen?: number;
  /** MM_DRIVERPAGES (2022): GPU drivers charge objects to the address space that made them. Default false. */
  readonly driverPages?: boolean;
  /** vm.max_map_count. Default 65,530. */
  readonly maxMapCount?: number;
}

const SPAWN_OPTIONS = ['pid', 'comm', 'parent', 'credentials'];
const OPTIONS = [
  'semantics',
  'memtrack',
  'profiling',
  'tracker',
  'autoReap',
  'pidMax',
  'nrOpen',
  'driverPages',
  'maxMapCount',
];
const MEMTRACK: readonly string[] = ['off', 'on', 'debug'];

export interface SpawnOptions {
  /** As observed; else the next free. EEXIST: a live task has it. */
  readonly pid?: number;
  readonly comm?: string | null;
  /** Who waits for it. Default: init, outside the model. */
  readonly parent?: Task | null;
  /** Who it is. Default: root with every capability. */
  readonly credentials?: CredentialOptions;
}

/**
 * A kernel in miniature: tasks, their descriptor tables and address spaces, and the buffers that these refer to. What happens to
 * buffers is told to a tracker. Not for use by several threads at once.
 */
export class Kernel implements Disposable {
  /** Nanoseconds on the recording's clock; stamps what happens from now on. */
  now = 0n;
  readonly semantics: 'intended' | 'posted';
  readonly memtrack: 'off' | 'on' | 'debug';
  readonly autoReap: boolean;
  readonly nrOpen: number;
  readonly driverPages: boolean;
  readonly maxMapCount: number;
  readonly accounting: Accounting;
  /** What accounts for the buffers; null with memtrack off, or if `options.tracker` is something else. `flush` before reading. */
  readonly tracker: Tracker | null;
  /** Messages in flight with files not yet taken, oldest first. */
  readonly messages = new Set<Message>();
  readonly sockets = new Set<Socket>();
  /** Who is bound to a name of the abstract namespace. */
  readonly socketNames = new Map<string, Socket>();
  /** How many descriptors each user has in flight. */
  readonly inFlight = new InFlight();
  /** The last number that get_next_ino gave; a long uptime can be told by setting it. */
  lastInode = 0;
  /** Sockets passed over sockets and not yet received. */
  socketsInFlight = 0;
  /** Times that a release of a socket made the kernel look for those that nobody can reach any more. */
  socketCollections = 0;

  /** The first ones, where pids and ids are the ones that the model speaks of. */
  readonly pidNamespace: PidNamespace;
  readonly userNamespace = new UserNamespace(0, null);
  /** Root's, with every capability: those of spawned tasks if nothing else is said. */
  readonly rootCredentials: Credentials;

  readonly #ownsTracker: boolean;
  readonly #buffers = new Map<number, Buffer>();
  readonly #groups: ThreadGroup[] = [];
  readonly #pidMax: number;
  #namespacesMade = 0;
  #buffersMade = 0;
  #tasksMade = 0;
  #tablesMade = 0;
  #addressSpacesMade = 0;
  #containersSeen = 0;
  readonly #containerIds = new WeakMap<File, number>();

  constructor(options: KernelOptions = {}) {
    refuseUnknownOptions(options, OPTIONS, 'Kernel');
    this.semantics = options.semantics ?? 'intended';
    if (this.semantics !== 'intended' && this.semantics !== 'posted')
      throw new TypeError(`semantics: expected 'intended' or 'posted'`);
    this.memtrack = options.memtrack ?? 'on';
    if (!MEMTRACK.includes(this.memtrack)) throw new TypeError(`memtrack: expected 'off', 'on' or 'debug'`);
    this.autoReap = options.autoReap ?? false;
    this.nrOpen = options.nrOpen ?? 1 << 20;
    this.maxMapCount = options.maxMapCount ?? 65530;
    this.#pidMax = options.pidMax ?? 1 << 22;
    this.pidNamespace = new PidNamespace(0, null, this.#pidMax);
    this.rootCredentials = makeCredentials(this.userNamespace);
    this.driverPages = options.driverPages ?? false;
    this.#ownsTracker = options.tracker === undefined;
    const sink = this.memtrack === 'off' ? null : (options.tracker ?? new Tracker({ semantics: this.semantics }));
    this.tracker = sink instanceof Tracker ? sink : null;
    this.accounting = new Accounting(sink, this.semantics === 'posted', options.profiling ?? true);
  }

  /** Live buffers by key, in the order they were made. */
  get buffers(): ReadonlyMap<number, Buffer> {
    return this.#buffers;
  }

  /** All that ever were. */
  get buffersMade(): number {
    return this.#buffersMade;
  }

  /** Thread groups in the order they started, those that ended too. */
  get groups(): readonly ThreadGroup[] {
    return this.#groups;
  }

  /** The task with that tid, alive or not yet reaped. */
  task(tid: number): Task | undefined {
    return this.pidNamespace.pids.get(tid);
  }

  /** All tasks that have a tid. */
  tasks(): IterableIterator<Task> {
    return this.pidNamespace.pids.values();
  }

  /** A process that no fork in the model made, with an empty table and address space. */
  spawn(options: SpawnOptions = {}): Task {
    refuseUnknownOptions(options, SPAWN_OPTIONS, 'spawn');
    const pid = this.claimPid(options.pid);
    const key = this.nextTaskKey();
    this.accounting.spawn(key, pid);
    const parent = options.parent ?? null;
    const task = new Task(
      this,
      key,
      pid,
      options.comm ?? null,
      null,
      parent,
      new FdTable(this),
      new AddressSpace(this),
    );
    if (options.credentials !== undefined) task.credentials = makeCredentials(this.userNamespace, options.credentials);
    this.adopt(task);
    return task;
  }

  /** A buffer comes to be; it lives until its last File, its name and what is on top of it go. */
  createBuffer(exporter: Exporter, options: BufferOptions): Buffer {
    this.accounting.assertOpen();
    const { sameAs = null } = options;
    const tracked =
      sameAs === null
        ? this.accounting.enabled && (this.semantics === 'intended' || exporter.memtrack)
        : sameAs.tracked;
    const key = ++this.#buffersMade;
    if (tracked && sameAs === null) {
      const { size, sizeAtLeast, creator, tag } = options;
      this.accounting.init(key, size ?? sizeAtLeast ?? 0, creator?.key ?? 0, tag ?? null);
    }
    const buffer = new Buffer(this, key, exporter, options, tracked);
    this.#buffers.set(key, buffer);
    return buffer;
  }

  /** Files go in flight; takes over one reference per file. */
  hold(from: Task, files: readonly File[]): Message {
    return new Message(this, from.pid, from.credentials.uid.real, files);
  }

  /** A file that is `counted` now holds a buffer, or once more: every table with an fd of it has one handle more. */
  held(file: File, buffer: Buffer): void {
    if (!buffer.tracked) return;
    for (const { users } of file.tables?.keys() ?? [])
      if (users[0]) this.accounting.installHeld(users[0].key, buffer.account);
  }

  /** The opposite; call it while the buffer still lives. */
  unheld(file: File, buffer: Buffer): void {
    if (!buffer.tracked) return;
    for (const { users } of file.tables?.keys() ?? [])
      if (users[0]) this.accounting.uninstallHeld(users[0].key, buffer.account);
  }

  /** Sends the commands kept back; call before reading `tracker`. */
  flush(): void {
    this.accounting.flush();
  }

  snapshot(): Snapshot {
    this.flush();
    return takeSnapshot(this);
  }

  /** Gives the private tracker's memory back. Again is fine; system calls, `read` and `snapshot` throw afterwards. */
  close(): void {
    this.accounting.close();
    if (this.#ownsTracker) this.tracker?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // For the rest of lib/model.

  /** A buffer was released. */
  forget(buffer: Buffer): void {
    this.#buffers.delete(buffer.key);
    if (buffer.tracked && buffer.account === buffer.key) this.accounting.remove(buffer.key);
  }

  /** A pid for a new task: the one asked for, whose former owner is reaped, or the next. */
  claimPid(pid: number | undefined): number {
    this.accounting.assertOpen();
    if (pid === undefined) return this.pidNamespace.pids.next();
    const owner = this.pidNamespace.pids.get(pid);
    if (owner !== undefined && !reapForReuse(owner)) throw new MemtrackError('EEXIST', 'clone', `pid ${pid}`);
    return pid;
  }

  adopt(task: Task): void {
    for (const space of task.pidNamespace.path) space.pids.set(task.numbers[space.level]!, task);
    if (task.group.leader === task) this.#groups.push(task.group);
  }

  /** de_thread: a thread becomes the leader and gets its pid. */
  takePid(task: Task, leader: Task): void {
    this.freePid(task);
    task.tid = leader.tid;
    task.numbers = leader.numbers;
    for (const space of task.pidNamespace.path) space.pids.replace(task.numbers[space.level]!, task);
  }

  /** A group that ended turns out to be no process at all. */
  forgetGroup(group: ThreadGroup): void {
    this.#groups.splice(this.#groups.indexOf(group), 1);
  }

  /** A recording tells late which tid a task has. EEXIST: a live task has it. */
  renumber(task: Task, tid: number): void {
    this.claimPid(tid);
    this.freePid(task);
    if (task === task.leader) task.group.pid = tid;
    task.tid = tid;
    task.numbers = [tid, ...task.numbers.slice(1)];
    for (const space of task.pidNamespace.path) space.pids.set(task.numbers[space.level]!, task);
  }

  freePid(task: Task): void {
    for (const { pids, level } of task.pidNamespace.path) {
      const number = task.numbers[level]!;
      if (pids.get(number) === task) pids.delete(number);
    }
  }

  newPidNamespace(parent: PidNamespace): PidNamespace {
    return new PidNamespace(++this.#namespacesMade, parent, this.#pidMax);
  }
  newUserNamespace(parent: UserNamespace, owner: number, group: number): UserNamespace {
    return new UserNamespace(++this.#namespacesMade, parent, owner, group);
  }
  nextTaskKey(): number {
    return ++this.#tasksMade;
  }
  nextTableId(): number {
    return ++this.#tablesMade;
  }
  nextAddressSpaceId(): number {
    return ++this.#addressSpacesMade;
  }
  /** Of a file that holds buffers for others: numbered when first seen, the same ever after. */
  containerId(file: File): number {
    let id = this.#containerIds.get(file);
    if (id === undefined) this.#containerIds.set(file, (id = ++this.#containersSeen));
    return id;
  }
  /** Inode numbers of sockets and the like, of 32 bits and never 0 (get_next_ino). */
  nextAnonymousInode(): number {
    this.lastInode = this.lastInode === 2 ** 32 - 1 ? 1 : this.lastInode + 1;
    return this.lastInode;
  }
}
