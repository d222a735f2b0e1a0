import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import { MADV, MREMAP, pageAlign, pageAligned, PROT, VMA } from './flags.ts';
import type { AddressSpace } from './address-space.ts';
import type { Task } from './task.ts';
import type { Vma } from './vma.ts';

export interface MmapOptions {
  readonly fd: number;
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

export function mmap(task: Task, options: MmapOptions): number {
  const { length, offset = 0, prot = PROT.READ | PROT.WRITE, shared = true } = options;
  if (!pageAligned(offset)) throw new MemtrackError('EINVAL', 'mmap', `offset ${offset}`);
  const file = task.file(options.fd);
  if (!(length > 0)) throw new MemtrackError('EINVAL', 'mmap', `length ${length}`);
  const start = place(task.mm, options);
  if (!file.readable || (shared && (prot & PROT.WRITE) !== 0 && !file.writable))
    throw new MemtrackError('EACCES', 'mmap');
  if (file.operations.mmap === undefined) throw new MemtrackError('ENODEV', 'mmap');
  file.operations.mmap(file, { length: pageAlign(length), offset, prot, shared });
  task.mm.map(task, start, length, file, offset, prot, shared);
  return start;
}

/** get_unmapped_area. */
function place(mm: AddressSpace, options: MmapOptions): number {
  const { address = 0, length } = options;
  const bound = options.fixed === true || options.noReplace === true;
  if (bound && !pageAligned(address)) throw new MemtrackError('EINVAL', 'mmap', `address ${address}`);
  if (options.noReplace === true && mm.occupied(address, length)) throw new MemtrackError('EEXIST', 'mmap');
  if (bound) return address;
  const hint = pageAlign(address);
  if (hint !== 0 && !mm.occupied(hint, length)) return hint;
  const start = mm.highestGap(length);
  if (start < 0) throw new MemtrackError('ENOMEM', 'mmap');
  return start;
}

export function munmap(task: Task, address: number, length: number): void {
  if (!pageAligned(address) || !(length > 0)) throw new MemtrackError('EINVAL', 'munmap');
  task.mm.unmap(task, address, length);
}

export function mprotect(task: Task, address: number, length: number, prot: number): void {
  if (!pageAligned(address)) throw new MemtrackError('EINVAL', 'mprotect');
  const end = address + pageAlign(length);
  if ((prot & PROT.WRITE) !== 0) {
    for (const vma of task.mm.vmas) {
      if (vma.end <= address || vma.start >= end) continue;
      if ((vma.flags & VM.shared) !== 0 && !vma.file.writable) throw new MemtrackError('EACCES', 'mprotect');
    }
  }
  task.mm.protect(task, address, length, prot);
}

export function mremap(
  task: Task,
  address: number,
  oldLength: number,
  newLength: number,
  flags: number,
  newAddress: number,
): number {
  const fixed = (flags & MREMAP.FIXED) !== 0;
  const mayMove = (flags & MREMAP.MAYMOVE) !== 0;
  const dontUnmap = (flags & MREMAP.DONTUNMAP) !== 0;
  const oldSize = pageAlign(oldLength);
  const newSize = pageAlign(newLength);
  if ((flags & ~(MREMAP.MAYMOVE | MREMAP.FIXED | MREMAP.DONTUNMAP)) !== 0)
    throw new MemtrackError('EINVAL', 'mremap', 'flags');
  if ((fixed || dontUnmap) && !mayMove) throw new MemtrackError('EINVAL', 'mremap', 'flags');
  if (dontUnmap && oldSize !== newSize)
    throw new MemtrackError('EINVAL', 'mremap', 'MREMAP_DONTUNMAP changes no length');
  if (!pageAligned(address) || newSize === 0) throw new MemtrackError('EINVAL', 'mremap');
  if (fixed && (!pageAligned(newAddress) || (newAddress < address + oldSize && address < newAddress + newSize))) {
    throw new MemtrackError('EINVAL', 'mremap', 'new address');
  }
  const vma = task.mm.find(address);
  if (vma === null) throw new MemtrackError('EFAULT', 'mremap');
  allow(vma, address, oldSize, newSize, dontUnmap);
  const to = target(task.mm, vma, address, oldSize, newSize, fixed || dontUnmap, mayMove, newAddress);
  task.mm.move(task, address, oldLength, to, newLength, dontUnmap || oldSize === 0);
  return to;
}

/** vma_to_resize. */
function allow(vma: Vma, address: number, oldSize: number, newSize: number, dontUnmap: boolean): void {
  const stays = (vma.flags & VMA.noExpand) !== 0;
  if (oldSize === 0 && ((vma.flags & VM.shared) === 0 || stays))
    throw new MemtrackError('EINVAL', 'mremap', 'old length 0');
  if (dontUnmap && stays) throw new MemtrackError('EINVAL', 'mremap', 'MREMAP_DONTUNMAP');
  if (oldSize > vma.end - address) throw new MemtrackError('EFAULT', 'mremap');
  if (newSize > oldSize && stays) throw new MemtrackError('EFAULT', 'mremap');
}

/** Where it goes: in place if it can, else, if it may, where there is room. */
function target(
  mm: AddressSpace,
  vma: Vma,
  address: number,
  oldSize: number,
  newSize: number,
  moves: boolean,
  mayMove: boolean,
  newAddress: number,
): number {
  if (moves && newAddress !== 0) return newAddress;
  if (!moves && newSize <= oldSize) return address;
  const oldEnd = address + oldSize;
  const grows = !moves && oldSize > 0 && oldEnd === vma.end && !mm.occupied(oldEnd, newSize - oldSize);
  if (grows) return address;
  const start = mayMove ? mm.highestGap(newSize) : -1;
  if (start < 0) throw new MemtrackError('ENOMEM', 'mremap');
  return start;
}

export function madvise(task: Task, address: number, length: number, advice: number): void {
  if (!pageAligned(address) || !(length >= 0)) throw new MemtrackError('EINVAL', 'madvise');
  if (advice !== MADV.DONTFORK && advice !== MADV.DOFORK) return;
  if (advice === MADV.DOFORK) {
    const end = address + pageAlign(length);
    const refused = task.mm.vmas.some((vma) => vma.start < end && vma.end > address && (vma.flags & VMA.io) !== 0);
    if (refused) throw new MemtrackError('EINVAL', 'madvise', 'MADV_DOFORK');
  }
  task.mm.dontFork(task, address, length, advice === MADV.DONTFORK);
}
