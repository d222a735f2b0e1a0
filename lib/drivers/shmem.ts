import { MemtrackError } from '../core/errors.ts';
import type { FileOperations } from '../model/file-operations.ts';
import type { File } from '../model/file.ts';
import { PROT, SEEK, VMA } from '../model/flags.ts';

/** F_SEAL_* */
export const SEAL = { SEAL: 1, SHRINK: 2, GROW: 4, WRITE: 8, FUTURE_WRITE: 16, EXEC: 32 } as const;

const ALL_SEALS = 63;
const WRITE_SEALS = SEAL.WRITE | SEAL.FUTURE_WRITE;

/** State of a shmem inode: its seals, and whether its mode has execute bits. */
export interface ShmemInode {
  seals: number;
  readonly executable: boolean;
}

/** Operations of files in shmem, memfd and /dev/shm alike. Their mappings are ordinary page cache, so neighbours merge. */
export function shmemOperations(inode: ShmemInode, link: (file: File) => string): FileOperations {
  return {
    link,
    mmap: () => undefined,
    mayMap: (_file, request) => {
      if (!request.shared || (inode.seals & WRITE_SEALS) === 0) return 0;
      if ((request.prot & PROT.WRITE) !== 0) throw new MemtrackError('EPERM', 'mmap', 'sealed against writing');
      return VMA.sealed;
    },
    truncate: (file, size) => truncate(inode, file, size),
    llseek,
    addSeals: (file, seals) => addSeals(inode, file, seals),
    getSeals: () => inode.seals,
  };
}

/** shmem_file_llseek, without SEEK_DATA and SEEK_HOLE, which need to know which pages are there. EINVAL: before the start. */
function llseek(file: File, offset: number, whence: number): number {
  const bases = new Map<number, number>([
    [SEEK.SET, 0],
    [SEEK.CUR, file.pos],
    [SEEK.END, file.buffer?.size ?? 0],
  ]);
  const pos = (bases.get(whence) ?? NaN) + offset;
  if (!(pos >= 0)) throw new MemtrackError('EINVAL', 'lseek');
  file.pos = pos;
  return pos;
}

/** shmem_setattr. EPERM: sealed. */
function truncate(inode: ShmemInode, file: File, size: number): void {
  const { buffer } = file;
  if (buffer === null) return;
  const old = buffer.size ?? 0;
  if (size < old && (inode.seals & SEAL.SHRINK) !== 0)
    throw new MemtrackError('EPERM', 'ftruncate', 'sealed against shrinking');
  if (size > old && (inode.seals & SEAL.GROW) !== 0)
    throw new MemtrackError('EPERM', 'ftruncate', 'sealed against growing');
  buffer.resize(size);
}

/**
 * memfd_add_seals. EPERM: not open for writing, or seals are sealed; EBUSY: F_SEAL_WRITE while a mapping may be written.
 * F_SEAL_EXEC on an executable file is all of them but F_SEAL_SEAL.
 */
function addSeals(inode: ShmemInode, file: File, asked: number): void {
  if (!file.writable) throw new MemtrackError('EPERM', 'F_ADD_SEALS', 'not open for writing');
  if ((asked & ~ALL_SEALS) !== 0) throw new MemtrackError('EINVAL', 'F_ADD_SEALS');
  if ((inode.seals & SEAL.SEAL) !== 0) throw new MemtrackError('EPERM', 'F_ADD_SEALS', 'sealed');
  const whole = (asked & SEAL.EXEC) !== 0 && inode.executable;
  const seals = whole ? asked | SEAL.SHRINK | SEAL.GROW | WRITE_SEALS : asked;
  const write = (seals & SEAL.WRITE) !== 0 && (inode.seals & SEAL.WRITE) === 0;
  if (write && (file.buffer?.writableMaps ?? 0) > 0)
    throw new MemtrackError('EBUSY', 'F_ADD_SEALS', 'mapped for writing');
  inode.seals |= seals;
}
