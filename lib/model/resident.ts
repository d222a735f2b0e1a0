import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import type { BufferKind } from '../core/snapshot.ts';
import type { AddressSpace } from './address-space.ts';
import { PAGE, pageAlign, VMA } from './flags.ts';
import type { Task } from './task.ts';
import type { Vma } from './vma.ts';

/** Pages that an address space has in memory, by counter (MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES). */
export interface ResidentPages {
  /** With what drivers charge it for (MM_DRIVERPAGES). */
  readonly anon: number;
  readonly file: number;
  readonly shmem: number;
}

const IN_SHMEM: ReadonlySet<BufferKind> = new Set(['memfd', 'posix-shm', 'sysv-shm']);

/** Reads or writes every page of a range, which puts them in memory. EFAULT: a hole, or PROT_NONE, before which the rest is touched. */
export function touch(task: Task, address: number, length: number): void {
  const { mm } = task;
  const end = address + pageAlign(length);
  for (let at = address; at < end;) {
    const vma = mm.find(at);
    if (vma === null || (vma.flags & (VM.read | VM.write | VM.exec)) === 0) throw new MemtrackError('EFAULT', 'touch');
    const to = Math.min(vma.end, end);
    mm.touched.add(at - (at % PAGE), to);
    at = to;
  }
}

/** Pages of one mapping that are in memory. Those without struct page are never counted (vm_normal_page). */
export function residentPagesOf(mm: AddressSpace, vma: Vma): number {
  return (vma.flags & VMA.noExpand) !== 0 || mm.touched.empty ? 0 : mm.touched.count(vma.start, vma.end) / PAGE;
}

/** get_mm_counter. What a private mapping has written to is its own (it is taken to have written all that it touched and may write). */
export function residentPages(mm: AddressSpace): ResidentPages {
  let [anon, file, shmem] = [mm.driverPages, 0, 0];
  for (const vma of mm.vmas) {
    const pages = residentPagesOf(mm, vma);
    if (isPrivateCopy(vma)) anon += pages;
    else if (vma.buffer !== null && IN_SHMEM.has(vma.buffer.kind)) shmem += pages;
    else file += pages;
  }
  return { anon, file, shmem };
}

/** Whether what it touched is a copy of its own. */
export function isPrivateCopy(vma: Vma): boolean {
  return (vma.flags & VM.shared) === 0 && (vma.flags & VM.write) !== 0;
}
