/** The core behind the same face as the oracle. */
import { MemtrackError } from '../lib/core/errors.ts';
import { Tracker } from '../lib/core/tracker.ts';
import type { TrackerOptions } from '../lib/core/tracker.ts';
import { plainMemtrackText } from './plain-memtrack-text.ts';
import type { BufferState, Implementation, LeaderState, RowState, State, VmaState } from './state.ts';

export class CoreAdapter implements Implementation {
  readonly tracker: Tracker;
  readonly #tags = new Map<number, string>();

  constructor(options: TrackerOptions) {
    this.tracker = new Tracker(options);
  }

  tag(text: string): number {
    const tag = this.tracker.tag(text);
    this.#tags.set(tag, text);
    return tag;
  }

  apply(words: Uint32Array, count: number): Int32Array {
    const results = new Int32Array(count).fill(0x55555555);
    this.tracker.apply(words, count, results);
    return results;
  }

  close(): void {
    this.tracker.close();
  }

  /** Checks on the way what holds between columns, and the invariants that only the core can see. */
  state(): State {
    const broken = this.tracker.check();
    if (broken !== null) throw new Error(broken);
    const { buffers, leaders, handles, vmas } = this.tracker.snapshot();
    const keys = new Map<number, number>();
    const rowOf = new Map<number, number>();
    const shown: BufferState[] = [];
    for (let row = 0; row < buffers.length; row++) {
      const key = buffers.key[row]!;
      const id = buffers.id[row]!;
      if (row > 0 && id <= buffers.id[row - 1]!) throw new Error(`buffers: id ${id} out of order`);
      keys.set(id, key);
      rowOf.set(id, row);
      if (key === 0) continue; // removed while held
      const [size, tag, pid] = [buffers.size[row]!, buffers.tag[row]!, buffers.pid[row]!];
      shown.push({
        key,
        id,
        size,
        tag,
        pid,
        userspaceHandles: buffers.userspaceHandles[row]!,
        holders: this.tracker.holders(key),
      });
    }

    const ranges: VmaState[][] = Array.from({ length: handles.length }, () => []);
    for (let row = 0; row < vmas.length; row++) {
      ranges[vmas.handle[row]!]!.push({
        start: vmas.start[row]!,
        end: vmas.end[row]!,
        offset: vmas.offset[row]!,
        flags: vmas.flags[row]!,
      });
    }
    const ids: number[][] = Array.from({ length: leaders.length }, () => []);
    const rows: RowState[][] = Array.from({ length: leaders.length }, () => []);
    for (let row = 0; row < handles.length; row++) {
      const list = rows[handles.leader[row]!]!;
      const id = handles.buffer[row]!;
      if (list.length > 0 && id <= handles.buffer[row - 1]!) throw new Error(`handles: id ${id} out of order`);
      if (handles.vmas[row] !== ranges[row]!.length)
        throw new Error(`handles: ${handles.vmas[row]!} vmas, ${ranges[row]!.length} shown`);
      ids[handles.leader[row]!]!.push(id);
      list.push({ buffer: keys.get(id) ?? -1, fds: handles.fds[row]!, vmas: ranges[row]! });
    }
    const holding: LeaderState[] = [];
    const plainTexts: string[] = [];
    for (let row = 0; row < leaders.length; row++) {
      if (rows[row]!.length !== leaders.handles[row])
        throw new Error(`leaders: ${leaders.handles[row]!} handles, ${rows[row]!.length} shown`);
      const plain = ids[row]!.map((id, at) => {
        const buffer = rowOf.get(id)!;
        const tag = buffers.tag[buffer]!;
        return {
          userspaceHandles: buffers.userspaceHandles[buffer]!,
          id,
          size: buffers.size[buffer]!,
          tag: tag === 0 ? null : this.#tags.get(tag)!,
          vmas: rows[row]![at]!.vmas,
        };
      });
      plainTexts.push(plainMemtrackText(leaders.pid[row]!, plain));
      if (rows[row]!.length > 0) holding.push({ task: leaders.task[row]!, pid: leaders.pid[row]!, rows: rows[row]! });
    }
    this.#checkTexts(leaders.task, plainTexts);
    return { buffers: shown.sort((a, b) => a.key - b.key), leaders: holding.sort((a, b) => a.task - b.task) };
  }
  /** In posted, a task may be dead or not lead itself any more: then its file is gone or shows another tree. */
  #checkTexts(tasks: Iterable<number>, plainTexts: readonly string[]): void {
    const posted = this.tracker.semantics === 'posted';
    let row = 0;
    for (const task of tasks) {
      const plain = plainTexts[row++]!;
      const text = this.#text(task);
      const same = posted ? text === null || text === '' || plainTexts.includes(text) : text === plain;
      if (!same) throw new Error(`memtrack of ${task}:\n${text}\nplainly:\n${plain}`);
    }
  }

  #text(task: number): string | null {
    try {
      return this.tracker.readMemtrack(task);
    } catch (error) {
      if (error instanceof MemtrackError && error.code === 'ESRCH') return null;
      throw error;
    }
  }
}
