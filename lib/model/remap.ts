import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import type { AddressSpace } from './address-space.ts';
import { MREMAP, pageAlign, pageAligned, VMA } from './flags.ts';
import { TASK_SIZE } from './gap.ts';
import { unmappedArea } from './mappings.ts';
import { refuseMove } from './map-count.ts';
import type { Task } from './task.ts';
import type { Vma } from './vma.ts';

/** An mremap(2); lengths in whole pages. */
interface Remap {
  readonly address: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly newAddress: number;
  readonly fixed: boolean;
  readonly mayMove: boolean;
  readonly dontUnmap: boolean;
}

/** do_mremap, as Linux 6.17 and later: with MREMAP_FIXED and no change of size the range may cover several mappings. */
export function mremap(
  task: Task,
  address: number,
  oldLength: number,
  newLength: number,
  flags: number,
  newAddress: number,
): number {
  if ((flags & ~(MREMAP.MAYMOVE | MREMAP.FIXED | MREMAP.DONTUNMAP)) !== 0) throw refused('flags');
  const remap: Remap = {
    address,
    oldSize: pageAlign(oldLength),
    newSize: pageAlign(newLength),
    newAddress,
    fixed: (flags & MREMAP.FIXED) !== 0,
    mayMove: (flags & MREMAP.MAYMOVE) !== 0,
    dontUnmap: (flags & MREMAP.DONTUNMAP) !== 0,
  };
  checkRequest(remap);
  return remap.fixed && remap.oldSize === remap.newSize ? moveAll(task, remap) : remapOne(task, remap);
}

/** check_mremap_params. */
function checkRequest({ address, oldSize, newSize, newAddress, fixed, mayMove, dontUnmap }: Remap): void {
  if (!pageAligned(address) || newSize === 0 || newSize > TASK_SIZE) throw refused('range');
  if (!fixed && !dontUnmap) return;
  if (newAddress > TASK_SIZE - newSize || !pageAligned(newAddress)) throw refused('new address');
  if (!mayMove) throw refused('flags');
  if (dontUnmap && oldSize !== newSize) throw refused('MREMAP_DONTUNMAP changes no length');
  if (newAddress < address + oldSize && address < newAddress + newSize) throw refused('the ranges overlap');
}

/** remap_move: each mapping by itself, the holes between them kept; none at the start. */
function moveAll(task: Task, remap: Remap): number {
  const { address, oldSize, newAddress } = remap;
  const end = address + oldSize;
  if (task.mm.find(address) === null) throw new MemtrackError('EFAULT', 'mremap');
  const parts = task.mm.vmas
    .filter((vma) => vma.start < end && vma.end > address)
    .map((vma) => ({
      from: Math.max(vma.start, address),
      to: Math.min(vma.end, end),
      several: vma.file.operations.movesAlone !== true || (vma.start <= address && vma.end >= end),
    }));
  for (const { from, to, several } of parts) {
    const size = to - from;
    if (!several) throw new MemtrackError('EFAULT', 'mremap', 'it moves alone only');
    remapOne(task, { ...remap, address: from, oldSize: size, newSize: size, newAddress: newAddress + from - address });
  }
  return newAddress;
}

function remapOne(task: Task, remap: Remap): number {
  const { address, oldSize, newSize, newAddress, fixed, dontUnmap } = remap;
  const vma = task.mm.find(address);
  if (vma === null) throw new MemtrackError('EFAULT', 'mremap');
  checkVma(vma, remap);
  if (fixed && newAddress === address) {
    // An old length of 0, else they would overlap: what is copied is unmapped to make room for the copy.
    task.mm.unmap(task, address, newSize);
    throw new MemtrackError('EFAULT', 'mremap');
  }
  if (fixed || dontUnmap) refuseMove(task, true);
  if (fixed && vma.file.operations.mayPlace !== undefined) refusePlace(task, vma, remap);
  const to = target(task.mm, vma, remap);
  if (!fixed && !dontUnmap && to !== address) refuseMove(task, false);
  task.mm.move(task, address, oldSize, to, newSize, dontUnmap || oldSize === 0);
  return to;
}

/** mremap_to: what is in the way goes, and what is too much, before the file is asked for the place. */
function refusePlace(task: Task, vma: Vma, { address, oldSize, newSize, newAddress }: Remap): void {
  const { file } = vma;
  const request = {
    length: newSize,
    offset: vma.offset + (address - vma.start),
    prot: vma.flags & 7,
    shared: (vma.flags & VM.shared) !== 0,
  };
  task.mm.unmap(task, newAddress, newSize);
  if (newSize < oldSize) task.mm.unmap(task, address + newSize, oldSize - newSize);
  file.operations.mayPlace?.(file, request, newAddress);
}

/** check_prep_vma. What does not grow and stays where it is may cover several mappings, and holes. */
function checkVma(vma: Vma, { address, oldSize, newSize, fixed, dontUnmap }: Remap): void {
  const stays = (vma.flags & VMA.noExpand) !== 0;
  if (oldSize === 0 && (vma.flags & VM.shared) === 0) throw refused('old length 0');
  if (stays && (dontUnmap || oldSize === 0)) throw refused('the mapping cannot be copied');
  if (!fixed && !dontUnmap && newSize <= oldSize) return;
  if (Math.min(oldSize, newSize) > vma.end - address || (newSize > oldSize && stays))
    throw new MemtrackError('EFAULT', 'mremap');
}

/** Where it goes: in place if it can, else, if it may, where there is room. */
function target(mm: AddressSpace, vma: Vma, remap: Remap): number {
  const { address, oldSize, newSize, newAddress, fixed, mayMove, dontUnmap } = remap;
  if (fixed) return newAddress;
  if (dontUnmap) return unmappedArea(mm, newAddress, newSize, 'mremap');
  if (newSize <= oldSize) return address;
  const oldEnd = address + oldSize;
  if (oldSize > 0 && oldEnd === vma.end && address + newSize <= TASK_SIZE && !mm.occupied(oldEnd, newSize - oldSize))
    return address;
  if (!mayMove) throw new MemtrackError('ENOMEM', 'mremap');
  return unmappedArea(mm, 0, newSize, 'mremap');
}

function refused(why: string): MemtrackError {
  return new MemtrackError('EINVAL', 'mremap', why);
}
