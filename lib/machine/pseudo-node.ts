import type { Task } from '../model/task.ts';

/** Who reads: a task with its credentials, or null for root outside the model. */
export type Reader = Task | null;

/** Text as the kernel would print it. */
export interface PseudoText {
  readonly text: string;
  /** What is not known, and what stands in its place: `mnt_id is 0`. */
  readonly standIns: readonly string[];
}

/** What stat(2) tells; what is left out is not modelled. */
export interface PseudoStat {
  readonly type: 'file' | 'directory' | 'link';
  /** Permission bits. */
  readonly mode: number;
  /** Owner; 0 is root. */
  readonly uid: number;
  readonly gid: number;
  /** Bytes; of a directory of descriptors, how many there are. */
  readonly size: number;
  /** Of 512 bytes. */
  readonly blocks?: number;
  readonly inode?: number | null;
  /** `major:minor` in decimal. */
  readonly dev?: string | null;
}

/** What an open file keeps from the time it was opened. */
export interface PseudoOpened {
  read(reader: Reader): PseudoText;
}

/** A file of procfs, sysfs or debugfs. */
export interface PseudoFileNode {
  readonly type: 'file';
  /** MAY bits that the reader may not have: refuses by throwing MemtrackError. Default: the mode's bits decide. */
  permission?(reader: Reader, mask: number): void;
  /** What open(2) checks beyond that; refuses by throwing MemtrackError. If it returns something, that is read instead. */
  open?(reader: Reader): PseudoOpened | undefined;
  /** What read(2) gives after that; throws MemtrackError. */
  read(reader: Reader): PseudoText;
  /** Default: mode 0444, owned by root. */
  stat?(reader: Reader): PseudoStat;
}

/** A directory, whose entries are made when they are asked for. */
export interface PseudoDirectory {
  readonly type: 'directory';
  /** MAY.EXEC before something is looked up in it, MAY.READ before it is listed. Default: the mode's bits decide. */
  permission?(reader: Reader, mask: number): void;
  /** In readdir's order, without `.` and `..`. Throws MemtrackError. */
  names(reader: Reader): readonly string[];
  /** null: ENOENT. Throws MemtrackError for what else look-up refuses. */
  entry(name: string, reader: Reader): PseudoNode | null;
  /** Default: mode 0555, owned by root. */
  stat?(reader: Reader): PseudoStat;
}

/** A symbolic link, as /proc/[pid]/fd/N. */
export interface PseudoLink {
  readonly type: 'link';
  /** What readlink(2) gives; throws MemtrackError. */
  target(reader: Reader): string;
  /** Where it leads without the text being looked up, as procfs's links to files do; throws MemtrackError. */
  follow?(reader: Reader): PseudoNode;
  /** Default: mode 0777, owned by root, the text's length. */
  stat?(reader: Reader): PseudoStat;
}

export type PseudoNode = PseudoFileNode | PseudoDirectory | PseudoLink;
