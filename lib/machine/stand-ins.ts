import type { Buffer } from '../model/buffer.ts';
import type { File } from '../model/file.ts';

/** Collects what stands in for what is not known, each once, in the order of its first use. */
export class StandIns {
  readonly #said = new Set<string>();

  get list(): readonly string[] {
    return [...this.#said];
  }

  use<Value>(value: Value, said: string): Value {
    this.#said.add(said);
    return value;
  }

  inode(file: File | Buffer): number {
    const inode = 'files' in file ? file.files[0]?.inode : file.identity?.inode;
    return inode ?? this.use(0, 'inode numbers are 0');
  }

  size(buffer: Buffer): number {
    if (buffer.size !== null) return buffer.size;
    return this.use(buffer.sizeAtLeast ?? 0, 'sizes that the recording does not tell are the farthest mapping, or 0');
  }
}
