import { MemtrackError } from '../core/errors.ts';
import { VM } from '../core/record.ts';
import type { AddressSpace } from '../model/address-space.ts';
import { VMA } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import { isPrivateCopy } from '../model/resident.ts';
import type { Vma } from '../model/vma.ts';
import { formatSmaps, formatSmapsRollup, ROLLUP_KEYS, SMAPS_KEYS } from '../procfs/smaps.ts';
import type { SmapsMapping } from '../procfs/smaps.ts';
import { pageShares } from './page-shares.ts';
import { isShown, mapsLine, memoryFile, SHARED_ONLY } from './proc-maps.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoFileNode, PseudoText } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

const KIB = 1024;
const PSS_UNIT = 4096;
const TOUCHED = 'only pages that were touched are in memory, and all of them are dirty';

/** /proc/[pid]/smaps. */
export function smapsFile(pid: ProcPid, kernel: Kernel): PseudoFileNode {
  return memoryFile(pid, (mm) => smapsText(kernel, mm));
}

/** /proc/[pid]/smaps_rollup. ESRCH: the address space is gone. */
export function smapsRollupFile(pid: ProcPid, kernel: Kernel): PseudoFileNode {
  return memoryFile(
    pid,
    (mm) => rollupText(kernel, mm),
    () => {
      throw new MemtrackError('ESRCH', 'read', 'no address space');
    },
  );
}

function smapsText(kernel: Kernel, mm: AddressSpace): PseudoText {
  const standIns = new StandIns();
  standIns.use(null, SHARED_ONLY);
  standIns.use(null, TOUCHED);
  const mappings = shownVmas(mm).map((vma): SmapsMapping => {
    const { bytes } = figuresOf(kernel, mm, vma);
    const kib = Object.fromEntries(SMAPS_KEYS.map((key) => [key, Math.floor((bytes[key] ?? 0) / KIB)]));
    return { line: mapsLine(vma, standIns), figures: kib, thpEligible: 0, protectionKey: null, flags: vmFlags(vma) };
  });
  return { text: formatSmaps(mappings), standIns: standIns.list };
}

function rollupText(kernel: Kernel, mm: AddressSpace): PseudoText {
  const vmas = shownVmas(mm);
  const sums: Record<string, number> = {};
  for (const vma of vmas) {
    const { bytes } = figuresOf(kernel, mm, vma);
    for (const key of ROLLUP_KEYS) sums[key] = (sums[key] ?? 0) + (bytes[key] ?? 0);
  }
  const figures = Object.fromEntries(ROLLUP_KEYS.map((key) => [key, Math.floor((sums[key] ?? 0) / KIB)]));
  const text = formatSmapsRollup({ start: vmas[0]?.start ?? 0, end: vmas.at(-1)?.end ?? 0, figures });
  return { text, standIns: [SHARED_ONLY, TOUCHED] };
}

function shownVmas(mm: AddressSpace): readonly Vma[] {
  return mm.vmas.filter(isShown);
}

/** Figures in bytes, by key; what is not there is 0. Fractions of a byte are kept, for sums. */
function figuresOf(kernel: Kernel, mm: AddressSpace, vma: Vma): { readonly bytes: Readonly<Record<string, number>> } {
  const shares = pageShares(kernel, mm, vma);
  const pss = shares.pss / PSS_UNIT;
  const anonymous = isPrivateCopy(vma);
  return {
    bytes: {
      Size: vma.end - vma.start,
      KernelPageSize: 4 * KIB,
      MMUPageSize: 4 * KIB,
      Rss: shares.rss,
      Pss: pss,
      Pss_Dirty: pss,
      [anonymous ? 'Pss_Anon' : 'Pss_Shmem']: pss,
      Shared_Dirty: shares.shared,
      Private_Dirty: shares.private,
      Referenced: shares.rss,
      Anonymous: anonymous ? shares.rss : 0,
    },
  };
}

/** The letters of VmFlags, in the order of the kernel's bits (show_smap_vma_flags). */
function vmFlags(vma: Vma): readonly string[] {
  const { flags, file } = vma;
  const shared = (flags & VM.shared) !== 0;
  const special = (flags & VMA.noExpand) !== 0;
  const letters: readonly (readonly [string, boolean])[] = [
    ['rd', (flags & VM.read) !== 0],
    ['wr', (flags & VM.write) !== 0],
    ['ex', (flags & VM.exec) !== 0],
    ['sh', shared && file.writable],
    ['mr', file.readable],
    ['mw', vma.mayWrite],
    ['me', file.operations.noexec !== true],
    ['ms', shared],
    ['pf', special],
    ['io', (flags & VMA.io) !== 0],
    ['dc', (flags & VM.dontCopy) !== 0],
    ['de', special],
    ['ac', (flags & VMA.account) !== 0],
    ['dd', special],
    ['sd', true],
  ];
  return letters.filter(([, on]) => on).map(([letter]) => letter);
}
