import { MemtrackError } from '../core/errors.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoOpened, PseudoText, Reader } from './pseudo-node.ts';

/**
 * An open pseudo-file or directory. Access is checked when it is opened and not again; the task that it is about may end
 * meanwhile, and what is read then is what the kernel gives then.
 */
export class PseudoHandle {
  readonly #node: PseudoFileNode | PseudoDirectory;
  readonly #opened: PseudoOpened | undefined;
  readonly #reader: Reader;
  readonly #before: () => void;

  /** For PseudoTree.open: `opened` is what the node's open gave, `before` is called before each reading. */
  constructor(
    node: PseudoFileNode | PseudoDirectory,
    opened: PseudoOpened | undefined,
    reader: Reader,
    before: () => void,
  ) {
    this.#node = node;
    this.#opened = opened;
    this.#reader = reader;
    this.#before = before;
  }

  /** The whole text, from the start. EISDIR; ESRCH: the task it is about has been reaped. */
  read(): string {
    return this.readText().text;
  }

  /** The text, and what stands in it for what is not known. */
  readText(): PseudoText {
    this.#before();
    if (this.#node.type !== 'file') throw new MemtrackError('EISDIR', 'read');
    return (this.#opened ?? this.#node).read(this.#reader);
  }

  /** Names in readdir's order; none once the directory's task has been reaped. ENOTDIR. */
  list(): readonly string[] {
    this.#before();
    if (this.#node.type !== 'directory') throw new MemtrackError('ENOTDIR', 'getdents64');
    return this.#node.names(this.#reader);
  }
}
