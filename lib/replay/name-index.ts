import type { BufferKind } from '../core/snapshot.ts';
import type { Buffer } from '../model/buffer.ts';

/** Kept before the dead and renamed are sorted out. */
const ROOM = 32;

/** Live buffers by kind and name, for descriptors that came in ways not recorded. Names do not identify; a lone one may. */
export class NameIndex {
  readonly #buffers = new Map<string, Buffer[]>();
  readonly #room = new Map<string, number>();

  /** The buffer has that name from now on. */
  add(buffer: Buffer): void {
    if (buffer.name === null) return;
    const key = keyOf(buffer.kind, buffer.name);
    const found = this.#buffers.get(key);
    if (found === undefined) {
      this.#buffers.set(key, [buffer]);
      return;
    }
    found.push(buffer);
    if (found.length > (this.#room.get(key) ?? ROOM)) this.#room.set(key, this.#live(key).length * 2 + ROOM);
  }

  /** The only live buffer of that kind and name; null if there are none or several. */
  only(kind: BufferKind, name: string): Buffer | null {
    const live = this.#live(keyOf(kind, name));
    return live.length === 1 ? live[0]! : null;
  }

  #live(key: string): readonly Buffer[] {
    const found = this.#buffers.get(key);
    if (found === undefined) return [];
    const live = [...new Set(found)].filter(
      (buffer) => buffer.alive && buffer.name !== null && keyOf(buffer.kind, buffer.name) === key,
    );
    if (live.length === 0) this.#buffers.delete(key);
    else this.#buffers.set(key, live);
    return live;
  }
}

function keyOf(kind: BufferKind, name: string): string {
  return `${kind}:${name}`;
}
