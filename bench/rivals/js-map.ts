import { OP, RECORD_WORDS, WORD } from '../../lib/core/record.ts';
import { IdHeap } from './id-heap.ts';
import { padStartText } from './pad-start-text.ts';
import type { Rival } from './rival.ts';

interface Buffer {
  readonly id: number;
  readonly size: number;
  holders: number;
}

interface Handle {
  count: number;
}

interface Leader {
  readonly pid: number;
  readonly handles: Map<number, Handle>;
}

/** The model anybody would write first: a Map of Maps over the same records. */
export class JsMapRival implements Rival {
  readonly #leaders = new Map<number, Leader>();
  readonly #buffers = new Map<number, Buffer>();
  readonly #ids = new IdHeap();

  execute(words: Uint32Array, from: number, to: number): void {
    for (let at = from * RECORD_WORDS; at < to * RECORD_WORDS; at += RECORD_WORDS) {
      const task = words[at + WORD.task]!;
      const buffer = words[at + WORD.buffer]!;
      switch (words[at + WORD.opFlags]! & 0xffff) {
        case OP.install:
          this.install(task, buffer);
          break;
        case OP.uninstall:
          this.uninstall(task, buffer);
          break;
        case OP.init:
          this.#buffers.set(buffer, { id: this.#ids.allocate(), size: sizeOf(words, at), holders: 0 });
          break;
        case OP.remove:
          this.#remove(buffer);
          break;
        case OP.spawn:
          this.#leaders.set(task, { pid: words[at + WORD.aux]!, handles: new Map() });
          break;
        case OP.fork:
          this.#fork(task, words[at + WORD.aux]!, words[at + WORD.size]!);
          break;
        case OP.exit:
          this.#exit(task);
          break;
      }
    }
  }

  read(task: number): number {
    return this.text(task).length;
  }

  text(task: number): string {
    const leader = this.#leaders.get(task);
    if (leader === undefined) return '';
    const rows = [...leader.handles.keys()].map((key) => this.#buffers.get(key)!).sort((a, b) => a.id - b.id);
    return padStartText(leader.pid, rows);
  }

  install(task: number, buffer: number): void {
    const handles = this.#leaders.get(task)!.handles;
    const handle = handles.get(buffer);
    if (handle !== undefined) {
      handle.count++;
      return;
    }
    handles.set(buffer, { count: 1 });
    this.#buffers.get(buffer)!.holders++;
  }

  uninstall(task: number, buffer: number): void {
    const handles = this.#leaders.get(task)!.handles;
    const handle = handles.get(buffer)!;
    if (--handle.count > 0) return;
    handles.delete(buffer);
    this.#buffers.get(buffer)!.holders--;
  }

  #remove(key: number): void {
    const buffer = this.#buffers.get(key)!;
    if (buffer.holders > 0) return;
    this.#ids.release(buffer.id);
    this.#buffers.delete(key);
  }

  #fork(parent: number, child: number, pid: number): void {
    const handles = new Map<number, Handle>();
    for (const [buffer, { count }] of this.#leaders.get(parent)!.handles) {
      handles.set(buffer, { count });
      this.#buffers.get(buffer)!.holders++;
    }
    this.#leaders.set(child, { pid, handles });
  }

  #exit(task: number): void {
    for (const buffer of this.#leaders.get(task)!.handles.keys()) this.#buffers.get(buffer)!.holders--;
    this.#leaders.delete(task);
  }
}

function sizeOf(words: Uint32Array, at: number): number {
  return words[at + WORD.size]! + words[at + WORD.size + 1]! * 4294967296;
}
