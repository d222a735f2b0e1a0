import type { Task } from '../model/task.ts';

/** Who reads: a task with its credentials, or null for root outside the model. */
export type Reader = Task | null;

/** Text as the kernel would print it. */
export interface PseudoText {
  readonly text: string;
  /** What is not known, and what stands in its place: `mnt_id is 0`. */
  readonly standIns: readonly string[];
}

/** A file of procfs, sysfs or debugfs. */
export interface PseudoFileNode {
  readonly type: 'file';
  /** What open(2) checks; refuses by throwing MemtrackError. */
  open?(reader: Reader): void;
  /** What read(2) gives after that; throws MemtrackError. */
  read(reader: Reader): PseudoText;
}

/** A directory, whose entries are made when they are asked for. */
export interface PseudoDirectory {
  readonly type: 'directory';
  /** In readdir's order, without `.` and `..`. Throws MemtrackError. */
  names(reader: Reader): readonly string[];
  /** null: ENOENT. Throws MemtrackError for what else look-up refuses. */
  entry(name: string, reader: Reader): PseudoNode | null;
}

/** A symbolic link, as /proc/[pid]/fd/N. */
export interface PseudoLink {
  readonly type: 'link';
  /** What readlink(2) gives; throws MemtrackError. */
  target(reader: Reader): string;
}

export type PseudoNode = PseudoFileNode | PseudoDirectory | PseudoLink;
