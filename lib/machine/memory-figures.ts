import type { AddressSpace } from '../model/address-space.ts';
import { PAGE } from '../model/flags.ts';
import { isPrivateCopy, residentPages } from '../model/resident.ts';
import type { Statm } from '../procfs/statm.ts';
import type { StatusMemory } from '../procfs/status.ts';
import type { StandIns } from './stand-ins.ts';

const KIB = 1024;

/** Pages, as statm has them: mappings of files, and what drivers charge. Text, heap and stack are not modelled. */
export function statmOf(mm: AddressSpace): Statm {
  const { anon, file, shmem } = residentPages(mm);
  let size = 0;
  let data = 0;
  for (const vma of mm.vmas) {
    const pages = (vma.end - vma.start) / PAGE;
    size += pages;
    if (isPrivateCopy(vma)) data += pages;
  }
  return { size, resident: anon + file + shmem, shared: file + shmem, text: 0, data };
}

/** The lines of status about memory (task_mem). Their peaks are not kept: they are what there is now. */
export function memoryFigures(mm: AddressSpace, standIns: StandIns): StatusMemory {
  const { size, resident, data } = statmOf(mm);
  const { anon, file, shmem } = residentPages(mm);
  const kib = (pages: number): number => (pages * PAGE) / KIB;
  standIns.use(null, 'VmSize and RSS are of shared buffers alone, peaks are as of now');
  return {
    peak: kib(size),
    size: kib(size),
    locked: 0,
    pinned: 0,
    hwm: kib(resident),
    rss: kib(resident),
    rssAnon: kib(anon),
    rssFile: kib(file),
    rssShmem: kib(shmem),
    data: kib(data),
    stack: 0,
    exe: 0,
    lib: 0,
    pte: 0,
    swap: 0,
    hugetlb: 0,
  };
}
