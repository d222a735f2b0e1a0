import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import { refuseSplits } from './map-count.ts';
import { MADV, pageAlign, pageAligned, VMA } from './flags.ts';
import type { Task } from './task.ts';
import type { Vma } from './vma.ts';

/** What an advice makes of a mapping's flags (madvise_vma_behavior); what is not here changes none. */
interface Change {
  readonly clear: number;
  readonly set: number;
  /** EINVAL for a mapping that cannot take it. */
  readonly refuses?: (vma: Vma) => boolean;
}

const READ_AHEAD = VMA.random | VMA.sequential;

const CHANGES: ReadonlyMap<number, Change> = new Map<number, Change>([
  [MADV.NORMAL, { clear: READ_AHEAD, set: 0 }],
  [MADV.RANDOM, { clear: READ_AHEAD, set: VMA.random }],
  [MADV.SEQUENTIAL, { clear: READ_AHEAD, set: VMA.sequential }],
  [MADV.DONTFORK, { clear: 0, set: VM.dontCopy }],
  [MADV.DOFORK, { clear: VM.dontCopy, set: 0, refuses: ({ flags }) => (flags & VMA.io) !== 0 }],
  [MADV.DONTDUMP, { clear: 0, set: VMA.dontDump }],
  [MADV.DODUMP, { clear: VMA.dontDump, set: 0, refuses: ({ flags }) => (flags & (VM.io | VMA.noExpand)) !== 0 }],
  // Only for anonymous memory, which the model does not keep.
  [MADV.FREE, { clear: 0, set: 0, refuses: () => true }],
  [MADV.WIPEONFORK, { clear: 0, set: 0, refuses: () => true }],
]);

/** madvise_walk_vmas: what is mapped is advised, also around holes, of which ENOMEM tells. */
export function madvise(task: Task, address: number, length: number, advice: number): void {
  if (!known(advice) || !pageAligned(address) || !(length >= 0)) throw new MemtrackError('EINVAL', 'madvise');
  const { mm } = task;
  const end = address + pageAlign(length);
  const change = CHANGES.get(advice) ?? { clear: 0, set: 0 };
  const refuses = mm.vmas.find((vma) => vma.start < end && vma.end > address && change.refuses?.(vma) === true);
  const stop = refuses === undefined ? end : Math.max(refuses.start, address);
  const hole = !mm.covered(address, stop);
  if ((change.clear | change.set) !== 0) {
    refuseSplits(task, address, stop, (flags) => (flags & ~change.clear) | change.set, 'madvise');
    mm.advise(task, address, stop - address, change.clear, change.set);
  }
  if (refuses !== undefined) throw new MemtrackError('EINVAL', 'madvise', `advice ${advice}`);
  if (hole) throw new MemtrackError('ENOMEM', 'madvise');
}

/** madvise_behavior_valid on x86-64 with everything configured. */
function known(advice: number): boolean {
  return (advice >= 0 && advice <= 4) || (advice >= 8 && advice <= 25) || (advice >= 100 && advice <= 103);
}
