import { MemtrackError } from '../core/errors.ts';
import { MAY } from '../model/file-permission.ts';
import { MountPoint } from './mount-point.ts';
import { modeAllows } from './mode-allows.ts';
import { PseudoHandle } from './pseudo-handle.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoNode, PseudoStat, PseudoText, Reader } from './pseudo-node.ts';

/** Links followed in one look-up (MAXSYMLINKS). */
const MAX_LINKS = 40;
const NAME_MAX = 255;
const PATH_MAX = 4096;

/**
 * The pseudo-files under one root, found by path as path_lookupat finds them. Errors of every look-up: ENOENT, ENOTDIR, ELOOP,
 * ENAMETOOLONG, and EACCES from a directory that the reader may not search.
 */
export class PseudoTree {
  readonly #root = new MountPoint();
  readonly #before: () => void;

  /** `before` is called before anything is looked up or read. */
  constructor(before: () => void = () => undefined) {
    this.#before = before;
  }

  /**
   * Mounts a node; directories on the way come to be. What was mounted there is replaced.
   *
   * @example
   * tree.mount('/sys/kernel/debug/ion', fixedDirectory({ heaps: () => heaps }));
   */
  mount(path: string, node: PseudoNode): void {
    this.#pointAt(path).node = node;
  }

  /** The permission bits of a directory that is there to mount things in. */
  restrict(path: string, mode: number): void {
    this.#pointAt(path).mode = mode;
  }

  #pointAt(path: string): MountPoint {
    let point = this.#root;
    for (const name of path.split('/')) if (name !== '') point = point.at(name);
    return point;
  }

  /** open(2) for reading. */
  open(path: string, reader: Reader = null): PseudoHandle {
    this.#before();
    const node = this.#walk(path, reader, true, 'open');
    if (node.type === 'link') throw new MemtrackError('ELOOP', 'open', path);
    demand(node, reader, MAY.READ, path);
    const opened = node.type === 'file' ? node.open?.(reader) : undefined;
    return new PseudoHandle(node, opened, reader, this.#before);
  }

  readText(path: string, reader: Reader = null): PseudoText {
    return this.open(path, reader).readText();
  }

  list(path: string, reader: Reader = null): readonly string[] {
    return this.open(path, reader).list();
  }

  /** readlink(2). EINVAL: not a link. */
  readlink(path: string, reader: Reader = null): string {
    this.#before();
    const node = this.#walk(path, reader, false, 'readlink');
    if (node.type !== 'link') throw new MemtrackError('EINVAL', 'readlink', path);
    return node.target(reader);
  }

  /** stat(2), or with `follow` false lstat(2). */
  stat(path: string, reader: Reader = null, follow = true): PseudoStat {
    this.#before();
    const node = this.#walk(path, reader, follow, 'stat');
    return statOf(node, reader);
  }

  /** What is at a path; with `follow` false, a link at its end is itself. */
  node(path: string, reader: Reader = null, follow = true): PseudoNode {
    this.#before();
    return this.#walk(path, reader, follow, 'open');
  }

  #walk(path: string, reader: Reader, follow: boolean, syscall: string): PseudoNode {
    if (!path.startsWith('/')) throw new MemtrackError('ENOENT', syscall, path);
    if (path.length >= PATH_MAX) throw new MemtrackError('ENAMETOOLONG', syscall);
    // The directories from the root down to the one last entered, for `..`.
    const entered: PseudoDirectory[] = [this.#root];
    const names = path.split('/').reverse();
    let node: PseudoNode = this.#root;
    let links = 0;
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (node.type !== 'directory') throw new MemtrackError('ENOTDIR', syscall, path);
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (entered.length > 1) entered.pop();
        node = entered.at(-1) ?? this.#root;
        continue;
      }
      if (name.length > NAME_MAX) throw new MemtrackError('ENAMETOOLONG', syscall);
      demand(node, reader, MAY.EXEC, path);
      const found: PseudoNode | null = node.entry(name, reader);
      if (found === null) throw new MemtrackError('ENOENT', syscall, path);
      node = found;
      if (node.type === 'link' && (follow || names.length > 0)) {
        if (++links > MAX_LINKS) throw new MemtrackError('ELOOP', syscall, path);
        const to: PseudoNode | undefined = node.follow?.(reader);
        if (to === undefined) {
          const target = node.target(reader);
          if (target.startsWith('/')) entered.length = 1;
          names.push(...target.split('/').reverse());
          node = entered.at(-1) ?? this.#root;
          continue;
        }
        node = to;
      }
      if (node.type === 'directory') entered.push(node);
    }
    return node;
  }
}

/** inode_permission. EACCES. */
function demand(node: PseudoFileNode | PseudoDirectory, reader: Reader, mask: number, path: string): void {
  if (reader === null) return;
  if (node.permission !== undefined) node.permission(reader, mask);
  else if (!modeAllows(reader, statOf(node, reader), mask)) throw new MemtrackError('EACCES', 'open', path);
}

/** What stat(2) tells, also of nodes that say nothing. */
function statOf(node: PseudoNode, reader: Reader): PseudoStat {
  const said = node.stat?.(reader);
  if (said !== undefined) return said;
  const owner = { uid: 0, gid: 0 };
  if (node.type === 'link') return { type: 'link', mode: 0o777, ...owner, size: node.target(reader).length };
  return { type: node.type, mode: node.type === 'file' ? 0o444 : 0o555, ...owner, size: 0 };
}
