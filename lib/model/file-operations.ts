import type { ContainerKind, HeldVia } from '../core/snapshot.ts';
import type { Buffer } from './buffer.ts';
import type { File } from './file.ts';
import type { Task } from './task.ts';

/** What mmap(2) asks of a file; bytes. */
export interface MmapRequest {
  readonly length: number;
  readonly offset: number;
  /** PROT_ bits. */
  readonly prot: number;
  readonly shared: boolean;
}

/** What a mapping turns out to be, where it is not simply of the file at the offset asked for. */
export interface Mapped {
  /** The file that it keeps instead of the one that was mapped (vma_set_file). */
  readonly file?: File;
  /** vm_pgoff in bytes, as /proc/[pid]/maps shows it. */
  readonly offset?: number;
  /** What is mapped, where the file opens no buffer: a device node at a fake offset. */
  readonly buffer?: Buffer;
  /** What each mapping has a reference of, besides its file's (vm_private_data). */
  readonly object?: Buffer;
}

/** A buffer that a file holds for everyone who has the file: a GEM or ION handle, a framebuffer, an io_uring's registered file. */
export interface Held {
  readonly buffer: Buffer;
  readonly via: HeldVia;
  /** The handle, framebuffer id or slot. */
  readonly number: number;
  readonly since: bigint;
}

/** struct file_operations, as far as shared memory needs it; what is absent the file cannot do. */
export interface FileOperations {
  /** Text of the link /proc/[pid]/fd/N, if it may change. */
  link?(file: File): string;
  /**
   * Refuses a mapping by throwing MemtrackError, before anything is changed, or returns VMA bits that it shall have
   * (memfd_check_seals_mmap).
   */
  mayMap?(file: File, request: MmapRequest): number;
  /** Maps, or refuses by throwing MemtrackError; what MAP_FIXED replaces is gone by then (mmap_region). Absent: ENODEV. */
  mmap?(file: File, request: MmapRequest): void;
  /** What a mapping is of that `mmap` has let pass. Absent: the file at the offset asked for. */
  mapped?(file: File, request: MmapRequest): Mapped;
  /** Its file system is mounted noexec: mapping it executable is EPERM (path_noexec). */
  readonly noexec?: boolean;
  /** Refuses an address that was asked for, by throwing MemtrackError, before it is looked at (get_unmapped_area). */
  mayPlace?(file: File, request: MmapRequest, address: number): void;
  /** It has a get_unmapped_area of its own: mremap moves its mappings one at a time only (vma_multi_allowed). */
  readonly movesAlone?: true;
  /** A mapping of it comes to be, by mmap, fork, a split or a move; or goes (vm_ops open and close). `by`: the acting task. */
  vmOpened?(file: File, by: Task): void;
  vmClosed?(file: File, by: Task): void;
  /** VM and VMA bits that every mapping of the file gets; VMA.noMerge keeps neighbours apart. */
  readonly vmFlags?: number;
  /** ftruncate(2). Absent: EINVAL. */
  truncate?(file: File, size: number): void;
  /** F_ADD_SEALS and F_GET_SEALS. Absent: EINVAL. */
  addSeals?(file: File, seals: number): void;
  getSeals?(file: File): number;
  /** lseek(2) with SEEK_ numbers; returns the position. Absent: ESPIPE. */
  llseek?(file: File, offset: number, whence: number): number;
  /** Its inode is the one of anon_inodefs, which has no size: dma-bufs before Linux 5.3. */
  readonly anonymousInode?: true;
  /** DMA_BUF_SET_NAME. Absent: ENOTTY. */
  setName?(file: File, name: string): void;
  /** The name of this dma-buf, where those of one buffer have a name each. Absent: the buffer's. */
  nameOf?(file: File): string | null;
  /** Lines that fdinfo has for it after the common ones, each with its newline (show_fdinfo). */
  showFdinfo?(file: File): string;
  /** It can be waited for with epoll. Absent: EPERM. */
  readonly poll?: true;
  /** It cannot be passed with SCM_RIGHTS (io_uring): EINVAL. */
  readonly unsendable?: true;
  /** What is held through the file itself, by its table of handles and the like. Absent: nothing. */
  holds?(file: File): Iterable<Held>;
  /** Other files that it keeps open and that may hold in turn: those registered with an io_uring. */
  keeps?(file: File): Iterable<File>;
  /** What it is, where it `holds`; default `file`. */
  readonly container?: ContainerKind;
  /** Where it `holds`: memtrack counts that as userspace handles of every table with an fd of it; see `Kernel.held`. Default false. */
  readonly counted?: boolean;
  /** The last reference went. */
  release?(file: File): void;
}
