/**
 * A naive ION and the 2016 series over it, for random programs: who is referred to is found by looking everywhere, nothing is
 * counted but what the posted patches count.
 */

export interface NaiveBuffer {
  readonly size: number;
  readonly heap: number;
  readonly id: number;
  tag: string | null;
  /** pids of whom may have been its last client. */
  last: ReadonlySet<number>;
}

interface NaiveHandle {
  readonly buffer: NaiveBuffer;
  refs: number;
}

/** An open of /dev/ion (with its client's handles), or a dma-buf. */
export interface NaiveFile {
  readonly buffer: NaiveBuffer | null;
  readonly pid: number;
  readonly handles: Map<number, NaiveHandle>;
}

interface Slot {
  readonly file: NaiveFile;
  readonly cloexec: boolean;
}

interface NaiveTable {
  readonly slots: Map<number, Slot>;
}

interface NaiveMm {
  readonly mappings: Map<number, NaiveFile>;
}

export interface NaiveGroup {
  readonly pid: number;
  readonly parent: NaiveGroup | null;
  leader: NaiveTask;
  tasks: NaiveTask[];
}

export interface NaiveTask {
  readonly group: NaiveGroup;
  table: NaiveTable;
  mm: NaiveMm;
  /** Posted: krefs of the handles of this task's own tree. */
  readonly tree: Map<NaiveBuffer, number>;
}

export interface Row {
  readonly id: number;
  readonly size: number;
  readonly tag: string | null;
  readonly userspaceHandles: number;
}

export const NOFILE = 6;
/** Bytes of heap 1; heap 0 has no end. */
export const CARVEOUT = 40 * 4096;

export class IonOracle {
  readonly groups: NaiveGroup[] = [];
  readonly #posted: boolean;
  readonly #buffers = new Set<NaiveBuffer>();
  readonly #files = new Set<NaiveFile>();
  readonly #ids = new Set<number>();
  /** Every task that ever was: as posted, dead ones keep their trees. */
  readonly #everybody: NaiveTask[] = [];

  constructor(posted: boolean) {
    this.#posted = posted;
  }

  get tasks(): readonly NaiveTask[] {
    return this.groups.flatMap((group) => group.tasks);
  }

  spawn(pid: number): NaiveTask {
    return this.#start(pid, null, null, { slots: new Map() }, { mappings: new Map() });
  }

  open(task: NaiveTask): number | string {
    const file = { buffer: null, pid: task.group.pid, handles: new Map<number, NaiveHandle>() };
    return this.#newFd(task, file, true);
  }

  alloc(task: NaiveTask, device: number, size: number, mask: number): number | string {
    const client = this.#client(task, device);
    if (typeof client === 'string') return client;
    if ((mask & 3) === 0) return 'ENODEV';
    const used = [...this.#buffers].filter(({ heap }) => heap === 1).reduce((sum, buffer) => sum + buffer.size, 0);
    const heap = (mask & 2) !== 0 && used + size <= CARVEOUT ? 1 : (mask & 1) !== 0 ? 0 : -1;
    if (heap < 0) return 'ENOMEM';
    let id = 0;
    while (this.#ids.has(id)) id++;
    this.#ids.add(id);
    const buffer = { size, heap, id, tag: null, last: new Set<number>() };
    this.#buffers.add(buffer);
    return this.#handleOf(client, buffer);
  }

  free(task: NaiveTask, device: number, id: number): number | string {
    const client = this.#client(task, device);
    if (typeof client === 'string') return client;
    const handle = client.handles.get(id);
    if (handle === undefined) return 'EINVAL';
    if (--handle.refs > 0) return 0;
    client.handles.delete(id);
    if (!this.#hasHandle(handle.buffer)) handle.buffer.last = new Set([task.group.pid]);
    this.#sweep();
    return 0;
  }

  share(task: NaiveTask, device: number, id: number): number | string {
    const client = this.#client(task, device);
    if (typeof client === 'string') return client;
    const handle = client.handles.get(id);
    if (handle === undefined) return 'EINVAL';
    return this.#newFd(task, { buffer: handle.buffer, pid: 0, handles: new Map() }, true);
  }

  import(task: NaiveTask, device: number, fd: number): number | string {
    const client = this.#client(task, device);
    if (typeof client === 'string') return client;
    const slot = task.table.slots.get(fd);
    if (slot === undefined) return 'EBADF';
    return slot.file.buffer === null ? 'EINVAL' : this.#handleOf(client, slot.file.buffer);
  }

  tag(task: NaiveTask, device: number, id: number, tag: string): number | string {
    const client = this.#client(task, device);
    if (typeof client === 'string') return client;
    const handle = client.handles.get(id);
    if (handle === undefined) return 'EINVAL';
    handle.buffer.tag = tag.slice(0, 31);
    if (this.#posted) handle.refs++;
    return 0;
  }

  close(task: NaiveTask, fd: number): number | string {
    if (!task.table.slots.has(fd)) return 'EBADF';
    this.#closeAt(task, fd);
    this.#sweep();
    return 0;
  }

  dup(task: NaiveTask, fd: number): number | string {
    const slot = task.table.slots.get(fd);
    return slot === undefined ? 'EBADF' : this.#newFd(task, slot.file, false);
  }

  dup2(task: NaiveTask, fd: number, to: number): number | string {
    const slot = task.table.slots.get(fd);
    if (slot === undefined) return 'EBADF';
    if (fd === to) return to;
    const old = task.table.slots.get(to);
    this.#put(task, to, slot.file, false);
    if (old !== undefined && !this.#posted) this.#uninstall(task, old.file);
    this.#sweep();
    return to;
  }

  take(task: NaiveTask, from: NaiveTask, fd: number): number | string {
    const slot = from.table.slots.get(fd);
    return slot === undefined ? 'EBADF' : this.#newFd(task, slot.file, true);
  }

  /** `address`: where the model put it. */
  mmap(task: NaiveTask, fd: number, length: number, address: number | string): number | string {
    const slot = task.table.slots.get(fd);
    if (slot === undefined) return 'EBADF';
    if (slot.file.buffer === null) return 'ENODEV';
    if (length > slot.file.buffer.size) return 'EINVAL';
    if (typeof address === 'number') task.mm.mappings.set(address, slot.file);
    return address;
  }

  munmap(task: NaiveTask, address: number): void {
    task.mm.mappings.delete(address);
    this.#sweep();
  }

  clone(task: NaiveTask, pid: number, files: boolean, thread: boolean): NaiveTask {
    const table = files ? task.table : { slots: new Map(task.table.slots) };
    const mm = thread ? task.mm : { mappings: new Map(task.mm.mappings) };
    const child = this.#start(pid, thread ? task.group : null, task.group, table, mm);
    if (this.#posted && !files && !thread) this.#installFork(task.group, child);
    return child;
  }

  unshare(task: NaiveTask): void {
    if (this.tasks.some((other) => other !== task && other.table === task.table)) this.#ownTable(task);
  }

  exec(task: NaiveTask): void {
    this.unshare(task);
    for (const other of [...task.group.tasks]) if (other !== task) this.#end(other);
    task.group.leader = task;
    task.mm = { mappings: new Map() };
    for (const [fd, { cloexec }] of [...task.table.slots]) if (cloexec) this.#closeAt(task, fd);
    this.#sweep();
  }

  exit(task: NaiveTask): void {
    this.#end(task);
    this.#sweep();
  }

  exitGroup(group: NaiveGroup): void {
    for (const task of [...group.tasks]) this.#end(task);
    this.#sweep();
  }

  /** Rows of the group's file, ascending by id. */
  rows(group: NaiveGroup): readonly Row[] {
    return [...this.#held(group)]
      .sort((a, b) => a.id - b.id)
      .map((buffer) => ({
        id: buffer.id,
        size: buffer.size,
        tag: buffer.tag === '' ? null : buffer.tag,
        userspaceHandles: this.#holders(buffer),
      }));
  }

  get buffers(): readonly NaiveBuffer[] {
    return [...this.#buffers];
  }

  get clients(): readonly NaiveFile[] {
    return [...this.#files].filter(({ buffer }) => buffer === null);
  }

  /** Dma-bufs and clients that refer to it. */
  refs(buffer: NaiveBuffer): number {
    const dmaBufs = [...this.#files].filter((file) => file.buffer === buffer).length;
    return dmaBufs + this.clients.filter((client) => handles(client).some((each) => each.buffer === buffer)).length;
  }

  // What memtrack keeps.

  #held(group: NaiveGroup): Iterable<NaiveBuffer> {
    if (this.#posted) return group.leader.tree.keys();
    const files = group.tasks.flatMap((task) => filesOf(task));
    return new Set(files.flatMap(({ buffer }) => (buffer === null ? [] : [buffer])));
  }

  #holders(buffer: NaiveBuffer): number {
    if (this.#posted) return this.#everybody.filter(({ tree }) => tree.has(buffer)).length;
    return this.groups.filter((group) => [...this.#held(group)].includes(buffer)).length;
  }

  #install(task: NaiveTask, file: NaiveFile): void {
    const { tree } = task.group.leader;
    if (file.buffer !== null) tree.set(file.buffer, (tree.get(file.buffer) ?? 0) + 1);
  }

  #uninstall(task: NaiveTask, { buffer }: NaiveFile): void {
    const { tree } = task.group.leader;
    const count = buffer === null ? undefined : tree.get(buffer);
    if (count === undefined || buffer === null) return;
    if (count === 1) tree.delete(buffer);
    else tree.set(buffer, count - 1);
  }

  #installFork(parent: NaiveGroup | null, child: NaiveTask): void {
    if (parent === null || parent.tasks.length === 0) return;
    const { tree } = child.group.leader;
    for (const buffer of [...parent.leader.tree.keys()]) tree.set(buffer, (tree.get(buffer) ?? 0) + 1);
  }

  // Tasks and tables.

  #start(pid: number, group: NaiveGroup | null, parent: NaiveGroup | null, table: NaiveTable, mm: NaiveMm): NaiveTask {
    const own = group ?? ({ pid, parent, tasks: [] as NaiveTask[] } as unknown as NaiveGroup);
    const task: NaiveTask = { group: own, table, mm, tree: new Map() };
    if (group === null) {
      own.leader = task;
      this.groups.push(own);
    }
    own.tasks.push(task);
    this.#everybody.push(task);
    return task;
  }

  #end(task: NaiveTask): void {
    if (this.#posted) task.group.leader.tree.clear();
    task.group.tasks = task.group.tasks.filter((other) => other !== task);
  }

  #ownTable(task: NaiveTask): void {
    task.table = { slots: new Map(task.table.slots) };
    if (this.#posted) this.#installFork(task.group.parent, task);
  }

  #newFd(task: NaiveTask, file: NaiveFile, cloexec: boolean): number | string {
    let fd = 0;
    while (task.table.slots.has(fd)) fd++;
    if (fd >= NOFILE) return 'EMFILE';
    this.#put(task, fd, file, cloexec);
    return fd;
  }

  #put(task: NaiveTask, fd: number, file: NaiveFile, cloexec: boolean): void {
    this.#files.add(file);
    if (this.#posted) this.#install(task, file);
    task.table.slots.set(fd, { file, cloexec });
  }

  #closeAt(task: NaiveTask, fd: number): void {
    const { file } = task.table.slots.get(fd)!;
    if (this.#posted) this.#uninstall(task, file);
    task.table.slots.delete(fd);
  }

  #client(task: NaiveTask, device: number): NaiveFile | string {
    const slot = task.table.slots.get(device);
    if (slot === undefined) return 'EBADF';
    return slot.file.buffer === null ? slot.file : 'ENOTTY';
  }

  #handleOf(client: NaiveFile, buffer: NaiveBuffer): number {
    for (const [id, handle] of client.handles) {
      if (handle.buffer !== buffer) continue;
      handle.refs++;
      return id;
    }
    let id = 1;
    while (client.handles.has(id)) id++;
    client.handles.set(id, { buffer, refs: 1 });
    return id;
  }

  #hasHandle(buffer: NaiveBuffer): boolean {
    return this.clients.some((client) => handles(client).some((each) => each.buffer === buffer));
  }

  /** Lets go of what nobody refers to any more: files, then the handles of those that were clients, then buffers. */
  #sweep(): void {
    const reached = new Set(this.tasks.flatMap((task) => filesOf(task)));
    const gone = [...this.#files].filter((file) => !reached.has(file));
    const lost = new Map<NaiveBuffer, Set<number>>();
    for (const file of gone) {
      this.#files.delete(file);
      for (const { buffer } of handles(file)) lost.set(buffer, (lost.get(buffer) ?? new Set()).add(file.pid));
    }
    for (const [buffer, pids] of lost) if (!this.#hasHandle(buffer)) buffer.last = pids;
    for (const buffer of [...this.#buffers]) {
      if (this.refs(buffer) > 0) continue;
      this.#buffers.delete(buffer);
      // B14: as posted, a buffer that is freed while handles are left takes its id with it.
      if (this.#holders(buffer) === 0) this.#ids.delete(buffer.id);
    }
  }
}

function handles(client: NaiveFile): readonly NaiveHandle[] {
  return [...client.handles.values()];
}

function filesOf(task: NaiveTask): readonly NaiveFile[] {
  return [...[...task.table.slots.values()].map(({ file }) => file), ...task.mm.mappings.values()];
}
