import { MemtrackError } from '../core/errors.ts';
import { allocate } from '../model/descriptors.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Task } from '../model/task.ts';

/** ioctls of a dma-buf on 64-bit, and the flags of DMA_BUF_IOCTL_SYNC. */
export const DMA_BUF = {
  IOCTL_SYNC: 0x40086200,
  SET_NAME_A: 0x40046201,
  SET_NAME_B: 0x40086201,
  IOCTL_EXPORT_SYNC_FILE: 0xc0086202,
  IOCTL_IMPORT_SYNC_FILE: 0x40086203,
  SYNC_READ: 1,
  SYNC_WRITE: 2,
  SYNC_RW: 3,
  SYNC_START: 0,
  SYNC_END: 4,
} as const;

const SYNC_FILE = 'anon_inode:sync_file';

/** What the argument points to; null: nothing that can be read (EFAULT). */
export type DmaBufArgument = { readonly flags: number; readonly fd?: number } | string | null;

/**
 * ioctl(2) on a dma-buf. Returns 0 or, for DMA_BUF_IOCTL_EXPORT_SYNC_FILE, the fd of a fence. EBADF; ENOTTY: not a dma-buf, or no
 * such ioctl; EINVAL: flags, a name too long, an fd that is no fence; EFAULT; EBUSY; EMFILE.
 *
 * @example
 * const fd = kernel.dmaHeap('system').alloc(task, { size: 4096 });
 * dmaBufIoctl(task, fd, DMA_BUF.SET_NAME_B, 'CAMERA'); // 0
 */
export function dmaBufIoctl(task: Task, fd: number, request: number, argument: DmaBufArgument): number {
  const file = task.file(fd);
  if (!file.isDmaBuf) throw new MemtrackError('ENOTTY', 'ioctl', String(fd));
  switch (request) {
    case DMA_BUF.IOCTL_SYNC:
      checkFlags(flagsOf(argument), DMA_BUF.SYNC_RW | DMA_BUF.SYNC_END);
      return 0;
    case DMA_BUF.SET_NAME_A:
    case DMA_BUF.SET_NAME_B:
      if (typeof argument !== 'string') throw new MemtrackError('EFAULT', 'ioctl', 'DMA_BUF_SET_NAME');
      file.setName(argument);
      return 0;
    case DMA_BUF.IOCTL_EXPORT_SYNC_FILE: {
      checkFlags(flagsOf(argument), DMA_BUF.SYNC_RW);
      const fence = allocate(task, task.files, 0, 'ioctl');
      task.files.publish(task, fence, new File({ path: SYNC_FILE, flags: O.RDWR }), true);
      return fence;
    }
    case DMA_BUF.IOCTL_IMPORT_SYNC_FILE: {
      checkFlags(flagsOf(argument), DMA_BUF.SYNC_RW);
      const fence = typeof argument === 'object' ? task.files.get(argument?.fd ?? -1) : null;
      if (fence?.path !== SYNC_FILE) throw new MemtrackError('EINVAL', 'ioctl', 'no sync_file');
      return 0;
    }
    default:
      throw new MemtrackError('ENOTTY', 'ioctl', `0x${request.toString(16)}`);
  }
}

function flagsOf(argument: DmaBufArgument): number {
  if (typeof argument !== 'object' || argument === null) throw new MemtrackError('EFAULT', 'ioctl');
  return argument.flags;
}

/** EINVAL: bits that are not allowed, or neither reading nor writing. */
function checkFlags(flags: number, allowed: number): void {
  if (!Number.isInteger(flags) || (flags & ~allowed) !== 0 || (flags & DMA_BUF.SYNC_RW) === 0)
    throw new MemtrackError('EINVAL', 'ioctl', `flags ${flags}`);
}
