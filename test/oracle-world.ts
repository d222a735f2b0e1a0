/** What the oracle's world is made of, and how its rows are shown. */
import type { RowState, VmaState } from './state.ts';

export interface Buffer {
  readonly key: number;
  readonly id: number;
  readonly pid: number;
  size: number;
  tag: number;
  /** No command can name it any more. */
  removed: boolean;
}

export interface Vma {
  readonly buffer: Buffer;
  start: number;
  end: number;
  offset: number;
  flags: number;
  /** False once it left its mm; posted: a list may still have it, nobody shows it. */
  open: boolean;
}

interface Files {
  readonly users: Set<Task>;
  counts: Map<Buffer, number>;
}

export interface Mm {
  readonly users: Set<Task>;
  /** Newest first. */
  vmas: Vma[];
}

interface Handle {
  count: number;
  vmas: Vma[];
}

export interface Group {
  leader: Task;
  readonly live: Set<Task>;
}

/** Has its own files and mm until it is told to share. */
export class Task {
  readonly key: number;
  readonly parent: Task | null;
  readonly group: Group;
  pid: number;
  files: Files = { users: new Set(), counts: new Map() };
  mm: Mm = { users: new Set(), vmas: [] };
  /** posted only. */
  readonly tree = new Map<Buffer, Handle>();

  /** `group` null: it leads a new one. */
  constructor(key: number, pid: number, parent: Task | null, group: Group | null) {
    this.key = key;
    this.pid = pid;
    this.parent = parent;
    this.group = group ?? { leader: this, live: new Set() };
  }
}

/** The rows of `/proc/[pid]/memtrack` in posted: one leader's tree. */
export function treeRows(task: Task): readonly RowState[] {
  return [...task.tree]
    .sort(([a], [b]) => a.id - b.id)
    .map(([buffer, { count, vmas }]) => ({
      buffer: buffer.removed ? 0 : buffer.key,
      fds: count,
      vmas: vmas.filter((vma) => vma.open).map(shown),
    }));
}

/** The rows of `/proc/[pid]/memtrack` in intended: what the tables and mms of a group's live tasks hold. */
export function groupRows(group: Group): readonly RowState[] {
  const tables = new Set([...group.live].map((task) => task.files));
  const vmas = [...new Set([...group.live].map((task) => task.mm))].flatMap((mm) => mm.vmas);
  const held = new Set([...[...tables].flatMap((table) => [...table.counts.keys()]), ...vmas.map((vma) => vma.buffer)]);
  return [...held]
    .sort((a, b) => a.id - b.id)
    .map((buffer) => ({
      buffer: buffer.key,
      fds: [...tables].reduce((sum, table) => sum + (table.counts.get(buffer) ?? 0), 0),
      vmas: vmas.filter((vma) => vma.buffer === buffer).map(shown),
    }));
}

export function byKey<T extends { readonly key: number }>(items: Iterable<T>): T[] {
  return [...items].sort((a, b) => a.key - b.key);
}

function shown({ start, end, offset, flags }: Vma): VmaState {
  return { start, end, offset, flags };
}
