import { MemtrackError } from '../core/errors.ts';
import type { FileOperations } from '../model/file-operations.ts';
import type { File } from '../model/file.ts';

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
      const writes = request.shared && (request.prot & 2) !== 0;
      if (writes && (inode.seals & WRITE_SEALS) !== 0)
        throw new MemtrackError('EPERM', 'mmap', 'sealed against writing');
    },
    truncate: (file, size) => truncate(inode, file, size),
    addSeals: (file, seals) => addSeals(inode, file, seals),
    getSeals: () => inode.seals,
  };
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

/** memfd_add_seals. EPERM: not open for writing, or seals are sealed; EBUSY: F_SEAL_WRITE while a writable shared mapping exists. */
function addSeals(inode: ShmemInode, file: File, seals: number): void {
  if (!file.writable) throw new MemtrackError('EPERM', 'F_ADD_SEALS', 'not open for writing');
  if ((seals & ~ALL_SEALS) !== 0) throw new MemtrackError('EINVAL', 'F_ADD_SEALS');
  if ((inode.seals & SEAL.SEAL) !== 0) throw new MemtrackError('EPERM', 'F_ADD_SEALS', 'sealed');
  const write = (seals & SEAL.WRITE) !== 0 && (inode.seals & SEAL.WRITE) === 0;
  if (write && (file.buffer?.writableMaps ?? 0) > 0)
    throw new MemtrackError('EBUSY', 'F_ADD_SEALS', 'mapped for writing');
  const whole = (seals & SEAL.EXEC) !== 0 && inode.executable;
  inode.seals |= whole ? seals | SEAL.SHRINK | SEAL.GROW | WRITE_SEALS : seals;
}
