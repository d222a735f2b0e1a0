/**
 * Oracle: docs/semantics.md executed with Maps and loops, as plainly as possible and without regard to speed.
 * The core is compared with it command by command. Nothing here is derived from the core.
 */
import { ERRNO } from '../lib/core/errors.ts';
import { FLAG, OP, RECORD_WORDS, VM } from '../lib/core/record.ts';
import type { Buffer, Group, Mm, Vma } from './oracle-world.ts';
import { byKey, groupRows, Task, treeRows } from './oracle-world.ts';
import type { BufferState, Implementation, LeaderState, Limits, Semantics, State } from './state.ts';

interface Vm {
  readonly end: number;
  readonly offset: number;
  readonly newStart: number;
  readonly flags: number;
}

const SATURATED = 0x7fffffff;
const TAILED: readonly number[] = [OP.vmOpen, OP.vmAdjust];

export class Oracle implements Implementation {
  readonly #posted: boolean;
  readonly #limits: Required<Limits>;
  readonly #tasks = new Map<number, Task>();
  readonly #alive = new Set<Task>();
  readonly #buffers = new Map<number, Buffer>();
  readonly #ids = new Set<number>();
  readonly #tags: string[] = [];

  constructor(semantics: Semantics, limits: Limits = {}) {
    this.#posted = semantics === 'posted';
    this.#limits = { handles: Infinity, vmas: Infinity, ids: Infinity, tags: Infinity, ...limits };
  }

  tag(text: string): number {
    if (!this.#tags.includes(text)) this.#tags.push(text);
    return this.#tags.indexOf(text) + 1;
  }

  close(): void {
    this.#tasks.clear();
    this.#buffers.clear();
  }

  apply(words: Uint32Array, count: number): Int32Array {
    const results = new Int32Array(count);
    for (let row = 0; row < count; row++) {
      const w = words.subarray(row * RECORD_WORDS);
      const tail = w.subarray(RECORD_WORDS);
      const op = w[7]! & 0xffff;
      const flags = w[7]! >>> 16;
      const tailed = (flags & FLAG.more) !== 0 && row + 1 < count && (tail[7]! & 0xffff) === OP.tail;
      const wellFormed = TAILED.includes(op)
        ? tailed && tail[7]! >>> 31 === 0
        : (flags & FLAG.more) === 0 && op >= OP.spawn && op <= OP.vmAdjust;
      const vm = {
        flags: w[6]!,
        end: tailed ? u64(tail, 0) : 0,
        offset: tailed ? u64(tail, 2) : 0,
        newStart: tailed ? u64(tail, 4) : 0,
      };
      results[row] = wellFormed ? this.#execute(op, flags, w[4]!, w[5]!, w[6]!, u64(w, 2), vm) : -ERRNO.EINVAL;
      if (tailed) row++;
    }
    return results;
  }

  #execute(op: number, flags: number, taskKey: number, bufferKey: number, aux: number, size: number, vm: Vm): number {
    const task = this.#tasks.get(taskKey);
    const buffer = this.#live(bufferKey);
    switch (op) {
      case OP.spawn:
        return this.#keyed(this.#tasks, taskKey) || this.#spawn(taskKey, aux);
      case OP.init:
        return this.#init(task, taskKey, bufferKey, size, aux);
      case OP.remove:
        return buffer === null ? -ERRNO.ENOENT : this.#remove(buffer);
      case OP.setTag:
        return buffer === null ? -ERRNO.ENOENT : this.#setTag(buffer, aux);
      case OP.resize:
        if (buffer === null) return -ERRNO.ENOENT;
        buffer.size = size;
        return 0;
      default:
    }
    if (task === undefined) return -ERRNO.ESRCH;
    const intoDead = this.#posted && (op === OP.install || op === OP.uninstall);
    if (!this.#alive.has(task) && !intoDead) return -ERRNO.ESRCH;
    switch (op) {
      case OP.fork:
        return this.#fork(task, aux, size >>> 0, flags);
      case OP.exec:
        return this.#exec(task, flags);
      case OP.exit:
        return this.#exit(task, flags);
      case OP.unshare:
        return this.#unshare(task);
      default:
    }
    if (buffer === null) return -ERRNO.ENOENT;
    switch (op) {
      case OP.install:
        return this.#posted ? this.#put(task.group.leader, buffer) : this.#install(task, buffer);
      case OP.uninstall:
        return this.#posted ? this.#drop(task.group.leader, buffer) : this.#uninstall(task, buffer);
      case OP.vmOpen:
        return this.#vmOpen(task, buffer, size, vm);
      case OP.vmClose:
        return this.#vmClose(task, buffer, size);
      default:
        return this.#vmAdjust(task, buffer, size, vm);
    }
  }

  // Tasks.

  #spawn(key: number, pid: number): number {
    return this.#start(new Task(key, pid, null, null));
  }

  #start(task: Task): number {
    this.#tasks.set(task.key, task);
    this.#alive.add(task);
    task.group.live.add(task);
    task.files.users.add(task);
    task.mm.users.add(task);
    return 0;
  }

  #fork(parent: Task, key: number, pid: number, share: number): number {
    const badKey = this.#keyed(this.#tasks, key);
    if (badKey !== 0) return badKey;
    const thread = (share & FLAG.shareThread) !== 0;
    const shareMm = (share & FLAG.shareMm) !== 0;
    const shareFiles = (share & FLAG.shareFiles) !== 0;
    if (thread && !shareMm) return -ERRNO.EINVAL;

    const oldestFirst = (a: Vma, b: Vma): number => a.start - b.start;
    const copied = shareMm ? [] : parent.mm.vmas.filter((vma) => !(vma.flags & VM.dontCopy)).sort(oldestFirst);
    const pairs = new Set(copied.map((vma) => vma.buffer)).size;
    if (!this.#posted && !this.#roomForHandles((shareFiles ? 0 : parent.files.counts.size) + pairs))
      return -ERRNO.ENOMEM;
    if (!this.#roomForVmas(copied.length)) return -ERRNO.ENOMEM;

    const child = new Task(key, pid, thread ? parent.parent : parent, thread ? parent.group : null);
    if (shareFiles) child.files = parent.files;
    else child.files.counts = new Map(parent.files.counts);
    if (shareMm) child.mm = parent.mm;
    this.#start(child);
    if (this.#posted && !shareFiles && !thread) this.#installFork(parent, child);
    for (const vma of copied) this.#link(child, { ...vma });
    return 0;
  }

  #exec(task: Task, flags: number): number {
    const others = [...task.files.users].filter((user) => user !== task);
    if (this.#posted) {
      if (others.length > 0) this.#copyFiles(task);
    } else if (others.some((user) => user.group !== task.group)) {
      if (!this.#roomForHandles(task.files.counts.size)) return -ERRNO.ENOMEM;
      this.#copyFiles(task);
    }
    for (const other of byKey(task.group.live)) if (other !== task) this.#end(other, flags);
    task.pid = task.group.leader.pid;
    task.group.leader = task;
    this.#leaveMm(task);
    task.mm.users.add(task);
    return 0;
  }

  #exit(task: Task, flags: number): number {
    const ending = (flags & FLAG.group) !== 0 ? byKey(task.group.live) : [task];
    for (const each of ending) this.#end(each, flags);
    return 0;
  }

  #end(task: Task, flags: number): void {
    if (this.#posted && (flags & FLAG.unnotified) === 0) task.group.leader.tree.clear();
    this.#leaveMm(task);
    task.files.users.delete(task);
    task.files = { users: new Set(), counts: new Map() };
    this.#alive.delete(task);
    task.group.live.delete(task);
  }

  #leaveMm(task: Task): void {
    task.mm.users.delete(task);
    if (task.mm.users.size === 0) for (const vma of [...task.mm.vmas]) this.#unlink(task, vma);
    task.mm = { users: new Set(), vmas: [] };
  }

  #unshare(task: Task): number {
    if (task.files.users.size === 1) return 0;
    if (!this.#posted && !this.#roomForHandles(task.files.counts.size)) return -ERRNO.ENOMEM;
    this.#copyFiles(task);
    return 0;
  }

  #copyFiles(task: Task): void {
    task.files.users.delete(task);
    task.files = { users: new Set([task]), counts: new Map(task.files.counts) };
    if (this.#posted) this.#installFork(task.parent, task);
  }

  // Buffers.

  #init(task: Task | undefined, taskKey: number, key: number, size: number, tag: number): number {
    if (taskKey !== 0 && (task === undefined || !this.#alive.has(task))) return -ERRNO.ESRCH;
    const badKey = this.#keyed(this.#buffers, key);
    if (badKey !== 0) return badKey;
    if (tag > this.#tags.length) return -ERRNO.EINVAL;
    let id = 0;
    while (this.#ids.has(id)) id++;
    if (tag !== 0 && !this.#roomForTag()) return -ERRNO.ENOMEM;
    if (id >= this.#limits.ids) return -ERRNO.ENOSPC;
    this.#ids.add(id);
    this.#buffers.set(key, { key, id, size, tag, pid: task?.group.leader.pid ?? 0, removed: false });
    return id;
  }

  #remove(buffer: Buffer): number {
    const held = this.#leadersOf(buffer).length > 0;
    if (held && !this.#posted) return -ERRNO.EBUSY;
    buffer.removed = true;
    if (held) return 0;
    buffer.tag = 0;
    this.#ids.delete(buffer.id);
    return 0;
  }

  #setTag(buffer: Buffer, tag: number): number {
    if (tag > this.#tags.length) return -ERRNO.EINVAL;
    if (tag === 0 && this.#posted) return -ERRNO.ENOMEM;
    if (tag !== 0 && buffer.tag === 0 && !this.#roomForTag()) return -ERRNO.ENOMEM;
    buffer.tag = tag;
    return 0;
  }

  // Files, intended: counts in tables.

  #install(task: Task, buffer: Buffer): number {
    const count = task.files.counts.get(buffer) ?? 0;
    if (count === 0 && !this.#roomForHandles(1)) return -ERRNO.ENOMEM;
    task.files.counts.set(buffer, Math.min(count + 1, SATURATED));
    return 0;
  }

  #uninstall(task: Task, buffer: Buffer): number {
    const count = task.files.counts.get(buffer);
    if (count === undefined) return -ERRNO.ENOENT;
    if (count === 1) task.files.counts.delete(buffer);
    else if (count < SATURATED) task.files.counts.set(buffer, count - 1);
    return 0;
  }

  // Files, posted: counts in the leader's tree.

  #put(leader: Task, buffer: Buffer): number {
    const handle = leader.tree.get(buffer);
    if (handle !== undefined) handle.count = Math.min(handle.count + 1, SATURATED);
    else if (this.#roomForHandles(1)) leader.tree.set(buffer, { count: 1, vmas: [] });
    return 0;
  }

  #drop(leader: Task, buffer: Buffer): number {
    const handle = leader.tree.get(buffer);
    if (handle === undefined || handle.count === SATURATED) return 0;
    handle.count--;
    if (handle.count === 0) leader.tree.delete(buffer);
    return 0;
  }

  #installFork(parent: Task | null, child: Task): void {
    if (parent === null || parent.group.live.size === 0) return;
    const inherited = [...parent.group.leader.tree.keys()].sort((a, b) => a.id - b.id);
    for (const buffer of inherited) this.#put(child.group.leader, buffer);
  }

  // VMAs.

  #vmOpen(task: Task, buffer: Buffer, start: number, vm: Vm): number {
    if (start >= vm.end) return -ERRNO.EINVAL;
    if (task.mm.vmas.some((vma) => vma.start === start)) return -ERRNO.EEXIST;
    if (!this.#roomForVmas(1)) return -ERRNO.ENOMEM;
    const first = !task.mm.vmas.some((vma) => vma.buffer === buffer);
    if (!this.#posted && first && !this.#roomForHandles(1)) return -ERRNO.ENOMEM;
    this.#link(task, { buffer, start, end: vm.end, offset: vm.offset, flags: vm.flags, open: true });
    return 0;
  }

  #vmClose(task: Task, buffer: Buffer, start: number): number {
    const vma = task.mm.vmas.find((each) => each.start === start && each.buffer === buffer);
    if (vma === undefined) return -ERRNO.ENOENT;
    this.#unlink(task, vma);
    return 0;
  }

  #vmAdjust(task: Task, buffer: Buffer, start: number, vm: Vm): number {
    const vma = task.mm.vmas.find((each) => each.start === start && each.buffer === buffer);
    if (vma === undefined) return -ERRNO.ENOENT;
    if (vm.newStart >= vm.end) return -ERRNO.EINVAL;
    if (task.mm.vmas.some((each) => each !== vma && each.start === vm.newStart)) return -ERRNO.EEXIST;
    Object.assign(vma, { start: vm.newStart, end: vm.end, offset: vm.offset, flags: vm.flags });
    return 0;
  }

  #link(task: Task, vma: Vma): void {
    task.mm.vmas.unshift(vma);
    if (!vma.buffer.removed) task.group.leader.tree.get(vma.buffer)?.vmas.unshift(vma);
  }

  #unlink(task: Task, vma: Vma): void {
    vma.open = false;
    task.mm.vmas = task.mm.vmas.filter((each) => each !== vma);
    const handle = task.group.leader.tree.get(vma.buffer);
    if (handle !== undefined) handle.vmas = handle.vmas.filter((each) => each !== vma);
  }

  // What is counted.

  #live(key: number): Buffer | null {
    const buffer = this.#buffers.get(key);
    return buffer === undefined || buffer.removed ? null : buffer;
  }

  #keyed(used: ReadonlyMap<number, unknown>, key: number): number {
    return key === 0 ? -ERRNO.EINVAL : used.has(key) ? -ERRNO.EEXIST : 0;
  }

  #groups(): ReadonlySet<Group> {
    return new Set([...this.#alive].map((task) => task.group));
  }

  #mms(): ReadonlySet<Mm> {
    return new Set([...this.#alive].map((task) => task.mm));
  }

  #roomForVmas(needed: number): boolean {
    if (this.#limits.vmas === Infinity) return true;
    let used = 0;
    for (const mm of this.#mms()) used += mm.vmas.length;
    return used + needed <= this.#limits.vmas;
  }

  #roomForHandles(needed: number): boolean {
    if (this.#limits.handles === Infinity) return true;
    let used = 0;
    if (this.#posted) {
      for (const task of this.#tasks.values()) used += task.tree.size;
    } else {
      const tables = new Set([...this.#alive].map((task) => task.files));
      for (const table of tables) used += table.counts.size;
      for (const mm of this.#mms()) used += new Set(mm.vmas.map((vma) => vma.buffer)).size;
    }
    return used + needed <= this.#limits.handles;
  }

  #roomForTag(): boolean {
    let used = 0;
    for (const buffer of this.#buffers.values()) if (buffer.tag !== 0) used++;
    return used < this.#limits.tags;
  }

  #leadersOf(buffer: Buffer): readonly number[] {
    return this.#leaders()
      .filter((leader) => leader.rows.some((row) => row.buffer === buffer.key))
      .map((leader) => leader.task);
  }

  // What is shown.

  state(): State {
    const leaders = this.#leaders();
    const holders = new Map<number, number[]>();
    for (const leader of leaders) {
      for (const row of leader.rows) holders.set(row.buffer, [...(holders.get(row.buffer) ?? []), leader.task]);
    }
    const buffers: BufferState[] = byKey([...this.#buffers.values()].filter((buffer) => !buffer.removed)).map(
      (buffer) => {
        const held = holders.get(buffer.key) ?? [];
        const { key, id, size, tag, pid } = buffer;
        return { key, id, size, tag, pid, userspaceHandles: held.length, holders: held };
      },
    );
    return { buffers, leaders };
  }

  #leaders(): readonly LeaderState[] {
    const all = this.#posted ? [...this.#tasks.values()] : [...this.#groups()].map((group) => group.leader);
    return byKey(all)
      .map((task) => ({ task: task.key, pid: task.pid, rows: this.#posted ? treeRows(task) : groupRows(task.group) }))
      .filter((leader) => leader.rows.length > 0);
  }
}

function u64(words: Uint32Array, at: number): number {
  return words[at]! + words[at + 1]! * 2 ** 32;
}
