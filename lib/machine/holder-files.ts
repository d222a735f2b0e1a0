import type { IoUring } from '../drivers/io-uring.ts';
import type { SysvShm } from '../drivers/sysv-shm.ts';
import type { File } from '../model/file.ts';
import { formatIoUringFdinfo } from '../procfs/io-uring-fdinfo.ts';
import { formatSysvipcShm } from '../procfs/sysvipc-shm.ts';
import type { PseudoFileNode } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** DNAME_INLINE_LEN less the NUL: bytes of a name that stand in the dentry itself, all that 6.12 prints. */
const INLINE_NAME = 39;

/** What a ring has in /proc/[pid]/fdinfo/N after the common lines, as Linux 6.12 prints it. */
export function ringFdinfo(ring: IoUring): string {
  return formatIoUringFdinfo({
    sqEntries: ring.sqEntries,
    cqEntries: ring.cqEntries,
    slots: ring.slots?.length ?? 0,
    files: ring.registered.map(({ slot, file }) => ({ slot, name: dentryName(file) })),
  });
}

/** d_iname: the last part of a path; a dma-buf's and an unlinked file's dentries have no more than that either. */
function dentryName(file: File): string {
  const { link } = file;
  if (link.startsWith('/dmabuf:')) return 'dmabuf';
  if (link.startsWith('anon_inode:')) return link.slice('anon_inode:'.length);
  if (link.startsWith('socket:')) return '';
  const name = link.slice(link.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '');
  return new TextEncoder().encode(name).length > INLINE_NAME ? '' : name;
}

/** /proc/sysvipc/shm. */
export function sysvipcShm(shm: SysvShm): PseudoFileNode {
  return {
    type: 'file',
    read: () => {
      const standIns = new StandIns();
      const lines = shm.segments.map((segment) => {
        const stat = segment.stat();
        return {
          key: stat.key,
          shmid: stat.id,
          perms: stat.mode,
          size: stat.size,
          cpid: stat.creatorPid,
          lpid: stat.lastPid,
          nattch: stat.attached,
          ...segment.owner,
          atime: stat.attachTime,
          dtime: stat.detachTime,
          ctime: stat.changeTime,
          rss: segment.buffer.resident ?? standIns.use(0, 'pages in memory are 0'),
          swap: standIns.use(0, 'pages in swap are 0'),
        };
      });
      return { text: formatSysvipcShm(lines), standIns: standIns.list };
    },
  };
}
