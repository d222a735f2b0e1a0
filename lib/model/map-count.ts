import { MemtrackError } from '../core/errors.ts';
import type { AddressSpace } from './address-space.ts';
import type { Task } from './task.ts';
import type { Vma } from './vma.ts';

/** vm.max_map_count, which each way to have one mapping more looks at in its own manner. Only mappings that the model keeps count. */

/** do_mmap: one more than the limit can come to be. ENOMEM. */
export function refuseMore(task: Task): void {
  if (task.mm.mapCount > task.kernel.maxMapCount) throw full('mmap');
}

/** vms_gather_munmap_vmas: a hole within one mapping makes two. ENOMEM. */
export function refuseHole(task: Task, start: number, end: number, syscall: string): void {
  const { mm, kernel } = task;
  if (mm.mapCount < kernel.maxMapCount) return;
  const vma = mm.find(start);
  if (vma !== null && vma.start < start && end < vma.end) throw full(syscall);
}

/** mremap_to looks if there is room for all that may be split; move_vma, for the copy alone. ENOMEM. */
export function refuseMove(task: Task, targeted: boolean): void {
  if (task.mm.mapCount + (targeted ? 2 : 0) >= task.kernel.maxMapCount - 3) throw full('mremap');
}

/**
 * split_vma, for mprotect and madvise over [start, end): a part of a mapping that gets flags of its own, and joins no neighbour. The
 * mapping that cannot be split ends it; what comes before it should be changed, and the caller is refused. ENOMEM; for madvise EAGAIN.
 */
export function refuseSplits(
  task: Task,
  start: number,
  end: number,
  change: (flags: number) => number,
  syscall: 'mprotect' | 'madvise',
): void {
  const { mm, kernel } = task;
  if (mm.mapCount + 2 <= kernel.maxMapCount) return;
  const first = mm.find(start);
  const last = mm.find(end - 1);
  const ends = first === last ? [first] : [first, last];
  let count = mm.mapCount;
  for (const vma of ends) {
    if (vma === null) continue;
    count += splits(mm, vma, Math.max(vma.start, start), Math.min(vma.end, end), change(vma.flags));
    if (count > kernel.maxMapCount) throw syscall === 'madvise' ? new MemtrackError('EAGAIN', syscall) : full(syscall);
  }
}

/** How often a mapping is split so that [from, to) of it gets other flags. */
function splits(mm: AddressSpace, vma: Vma, from: number, to: number, flags: number): number {
  if (flags === vma.flags) return 0;
  const kept = vma.staysWhole && from === vma.start && to === vma.end;
  const below = !kept && from === vma.start && from > 0 ? mm.find(from - 1) : null;
  const above = !kept && to === vma.end ? mm.find(to) : null;
  if (below !== null && below.flags === flags && below.continuedBy(vma, flags)) return 0;
  if (above !== null && above.flags === flags && vma.continuedBy(above, vma.flags)) return 0;
  return (from > vma.start ? 1 : 0) + (to < vma.end ? 1 : 0);
}

function full(syscall: string): MemtrackError {
  return new MemtrackError('ENOMEM', syscall, 'too many mappings');
}
