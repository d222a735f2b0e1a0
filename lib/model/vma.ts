import { VM } from '../core/record.ts';
import type { Buffer } from './buffer.ts';
import type { File } from './file.ts';
import { VMA } from './flags.ts';

/** VM_ACCOUNT: a private mapping that may be written is charged, and stays so when it no longer may (mprotect_fixup). */
export function accounted(flags: number): number {
  return (flags & (VM.write | VM.shared)) === VM.write ? flags | VMA.account : flags;
}

/** One mapping of a file (struct vm_area_struct); it has a reference on the file. Addresses and offsets are bytes below 2^53. */
export class Vma {
  start: number;
  /** Exclusive. */
  end: number;
  /** Of `start`, in the file. */
  offset: number;
  /** VM bits (read, write, exec are PROT_'s) and VMA bits. */
  flags: number;
  readonly file: File;
  readonly since: bigint;
  /** What it maps; mostly the file's. */
  readonly buffer: Buffer | null;
  /** What it has a reference of, besides the file's (vm_private_data). */
  readonly object: Buffer | null;

  constructor(
    start: number,
    end: number,
    offset: number,
    file: File,
    flags: number,
    since: bigint,
    buffer: Buffer | null = file.buffer,
    object: Buffer | null = null,
  ) {
    this.start = start;
    this.end = end;
    this.offset = offset;
    this.file = file;
    this.flags = flags;
    this.since = since;
    this.buffer = buffer;
    this.object = object;
  }

  /** The same mapping somewhere else, or a part of it. */
  like(start: number, end: number, offset: number, flags = this.flags, since = this.since): Vma {
    return new Vma(start, end, offset, this.file, flags, since, this.buffer, this.object);
  }

  /** Whether `other`, with `flags`, continues it in memory and in the file, and the exporter lets mappings merge (can_vma_merge_after). */
  continuedBy(other: Vma, flags: number): boolean {
    return (
      this.end === other.start &&
      this.file === other.file &&
      this.object === other.object &&
      this.flags === flags &&
      (flags & VMA.noMerge) === 0 &&
      this.offset + (this.end - this.start) === other.offset
    );
  }

  /** It does not go by merging with a neighbour (can_merge_remove_vma). */
  get staysWhole(): boolean {
    return (this.flags & VMA.noRemoval) !== 0;
  }

  /** VM_MAYWRITE. */
  get mayWrite(): boolean {
    return (this.flags & VM.shared) === 0 || (this.file.writable && (this.flags & VMA.sealed) === 0);
  }

  /** As /proc/[pid]/maps prints it: `rw-s`. */
  get perms(): string {
    const { flags } = this;
    return (
      ((flags & VM.read) !== 0 ? 'r' : '-') +
      ((flags & VM.write) !== 0 ? 'w' : '-') +
      ((flags & VM.exec) !== 0 ? 'x' : '-') +
      ((flags & VM.shared) !== 0 ? 's' : 'p')
    );
  }
}
