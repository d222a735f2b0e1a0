import type { PseudoDirectory, PseudoNode, PseudoStat, Reader } from './pseudo-node.ts';

/** A directory in which other trees are mounted: their names come before its own, and hide those. */
export class MountPoint implements PseudoDirectory {
  readonly type = 'directory';
  /** What is mounted here; null: nothing but what is mounted below. */
  node: PseudoNode | null = null;
  /** Permission bits where what is mounted has none of its own. */
  mode = 0o755;
  readonly #below = new Map<string, MountPoint>();

  /** The mount point of that name in it, made if need be. */
  at(name: string): MountPoint {
    let point = this.#below.get(name);
    if (point === undefined) {
      point = new MountPoint();
      this.#below.set(name, point);
    }
    return point;
  }

  names(reader: Reader): readonly string[] {
    const own = this.node?.type === 'directory' ? this.node.names(reader) : [];
    return this.#below.size === 0 ? own : [...new Set([...this.#below.keys(), ...own])];
  }

  entry(name: string, reader: Reader): PseudoNode | null {
    const point = this.#below.get(name);
    if (point !== undefined) return point.#self;
    return this.node?.type === 'directory' ? this.node.entry(name, reader) : null;
  }

  stat(reader: Reader): PseudoStat {
    const stat = this.node?.type === 'directory' ? this.node.stat?.(reader) : undefined;
    return stat ?? { type: 'directory', mode: this.mode, uid: 0, gid: 0, size: 0 };
  }

  get #self(): PseudoNode {
    return this.#below.size === 0 && this.node !== null ? this.node : this;
  }
}
