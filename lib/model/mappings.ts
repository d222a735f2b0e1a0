import { MemtrackError } from '../core/errors.ts';
import { refuseUnknownOptions } from '../core/known-options.ts';
import type { AddressSpace } from './address-space.ts';
import type { File } from './file.ts';
import { PAGE, pageAlign, pageAligned, PROT } from './flags.ts';
import { MMAP_MIN, TASK_SIZE } from './gap.ts';
import { refuseHole, refuseMore, refuseSplits } from './map-count.ts';
import type { Task } from './task.ts';
import { accounted } from './vma.ts';
import type { Vma } from './vma.ts';

export interface MapFileOptions {
  /** Bytes. */
  readonly length: number;
  /** Bytes into the file; default 0. */
  readonly offset?: number;
  /** PROT_ bits; default read and write. */
  readonly prot?: number;
  /** MAP_SHARED (default) or MAP_PRIVATE. */
  readonly shared?: boolean;
  /** Hint, or with `fixed` the place. */
  readonly address?: number;
  /** MAP_FIXED: what is there is replaced. */
  readonly fixed?: boolean;
  /** MAP_FIXED_NOREPLACE: EEXIST if anything is there. */
  readonly noReplace?: boolean;
}

export interface MmapOptions extends MapFileOptions {
  readonly fd: number;
}

const FILE_OPTIONS = ['length', 'offset', 'prot', 'shared', 'address', 'fixed', 'noReplace'];
const OPTIONS = ['fd', ...FILE_OPTIONS];

export function mmap(task: Task, options: MmapOptions): number {
  refuseUnknownOptions(options, OPTIONS, 'mmap');
  const { offset = 0 } = options;
  if (!pageAligned(offset)) throw new MemtrackError('EINVAL', 'mmap', `offset ${offset}`);
  return doMmap(task, task.file(options.fd), options);
}

/** A mapping of a file that has no fd. */
export function mapFile(task: Task, file: File, options: MapFileOptions): number {
  refuseUnknownOptions(options, FILE_OPTIONS, 'mapFile');
  if (!pageAligned(options.offset ?? 0)) throw new MemtrackError('EINVAL', 'mmap', `offset ${options.offset}`);
  return doMmap(task, file, options);
}

/** do_mmap, then mmap_region. */
function doMmap(task: Task, file: File, options: MapFileOptions): number {
  const { length, offset = 0, prot = PROT.READ | PROT.WRITE, shared = true } = options;
  if (!(length > 0)) throw new MemtrackError('EINVAL', 'mmap', `length ${length}`);
  refuseMore(task);
  if (file.operations.mayPlace !== undefined && pageAlign(length) <= TASK_SIZE)
    file.operations.mayPlace(file, { length: pageAlign(length), offset, prot, shared }, options.address ?? 0);
  const start = place(task.mm, options);
  if (!file.readable || (shared && (prot & PROT.WRITE) !== 0 && !file.writable))
    throw new MemtrackError('EACCES', 'mmap');
  if (file.operations.noexec === true && (prot & PROT.EXEC) !== 0) throw new MemtrackError('EPERM', 'mmap', 'noexec');
  if (file.operations.mmap === undefined) throw new MemtrackError('ENODEV', 'mmap');
  const request = { length: pageAlign(length), offset, prot, shared };
  const bits = file.operations.mayMap?.(file, request) ?? 0;
  refuseHole(task, start, start + pageAlign(length), 'mmap');
  task.mm.unmap(task, start, length);
  file.operations.mmap(file, request);
  const mapped = file.operations.mapped?.(file, request);
  task.mm.map(task, start, length, file, offset, prot, shared, bits, mapped);
  return start;
}

/** __get_unmapped_area, for a length of whole pages. */
function place(mm: AddressSpace, options: MapFileOptions): number {
  const { address = 0 } = options;
  const length = pageAlign(options.length);
  const bound = options.fixed === true || options.noReplace === true;
  if (length > TASK_SIZE || (bound && address > TASK_SIZE - length)) throw new MemtrackError('ENOMEM', 'mmap');
  if (bound && !pageAligned(address)) throw new MemtrackError('EINVAL', 'mmap', `address ${address}`);
  if (options.noReplace === true && mm.occupied(address, length)) throw new MemtrackError('EEXIST', 'mmap');
  return bound ? address : unmappedArea(mm, address, length, 'mmap');
}

/** Where a mapping goes that may go anywhere: at the hint, rounded down to a page, if there is room; else as high as it can. */
export function unmappedArea(mm: AddressSpace, hint: number, length: number, syscall: string): number {
  const wanted = hint === 0 ? 0 : Math.max(Math.floor(hint / PAGE) * PAGE, MMAP_MIN);
  if (wanted !== 0 && wanted <= TASK_SIZE - length && !mm.occupied(wanted, length)) return wanted;
  const start = mm.highestGap(length);
  if (start < 0) throw new MemtrackError('ENOMEM', syscall);
  return start;
}

export function munmap(task: Task, address: number, length: number): void {
  if (!pageAligned(address) || !(length > 0) || address > TASK_SIZE || length > TASK_SIZE - address)
    throw new MemtrackError('EINVAL', 'munmap');
  refuseHole(task, address, address + pageAlign(length), 'munmap');
  task.mm.unmap(task, address, length);
}

/** do_mprotect_pkey: what comes before a hole, or before a mapping that refuses, is changed all the same. */
export function mprotect(task: Task, address: number, length: number, prot: number): void {
  if (!pageAligned(address)) throw new MemtrackError('EINVAL', 'mprotect');
  if (!(length > 0)) return;
  const end = address + pageAlign(length);
  const { stop, hole } = reach(task.mm, address, end, (vma) => mayGet(vma, prot));
  if (stop > address) refuseSplits(task, address, stop, (flags) => accounted((flags & ~7) | (prot & 7)), 'mprotect');
  if (stop > address) task.mm.protect(task, address, stop - address, prot);
  if (stop < end) throw new MemtrackError(hole ? 'ENOMEM' : 'EACCES', 'mprotect');
}

/** VM_MAYWRITE and VM_MAYEXEC. */
function mayGet(vma: Vma, prot: number): boolean {
  if ((prot & PROT.WRITE) !== 0 && !vma.mayWrite) return false;
  return (prot & PROT.EXEC) === 0 || vma.file.operations.noexec !== true;
}

/** How far from `start` on everything is mapped and allowed, and whether a hole ends that. */
function reach(
  mm: AddressSpace,
  start: number,
  end: number,
  allows: (vma: Vma) => boolean,
): { stop: number; hole: boolean } {
  let stop = start;
  while (stop < end) {
    const vma = mm.find(stop);
    if (vma === null) return { stop, hole: true };
    if (!allows(vma)) return { stop, hole: false };
    stop = Math.min(vma.end, end);
  }
  return { stop, hole: false };
}
