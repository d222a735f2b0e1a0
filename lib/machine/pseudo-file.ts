import { formatBufinfo } from '../procfs/bufinfo.ts';
import { formatDmabufFds } from '../procfs/dmabuf-fds.ts';
import { formatFdinfo } from '../procfs/fdinfo.ts';
import { formatMaps } from '../procfs/maps.ts';
import type { Buffer } from '../model/buffer.ts';
import type { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Tracker } from '../core/tracker.ts';

/** What pseudo-files are printed from. Without a model, only memtrack's are there. */
export interface PseudoFileSystem {
  readonly kernel: Kernel | null;
  /** null: a kernel without memtrack. */
  readonly tracker: Tracker | null;
}

/** A pseudo-file as the kernel would print it. */
export interface PseudoFile {
  readonly text: string;
  /** What the recording does not tell, and what stands in its place: `mnt_id is 0`. */
  readonly standIns: readonly string[];
}

/** Numbers are written one way only: /proc/017 is not there (name_to_int). */
const PROC = /^\/proc\/(0|[1-9]\d*)\/(memtrack|maps|fdinfo\/(0|[1-9]\d*)|task\/(0|[1-9]\d*)\/dmabuf_fds)$/;
const BUFINFO = '/sys/kernel/debug/dma_buf/bufinfo';
const DEBUG_MEMTRACK = '/sys/kernel/debug/memtrack';

/** The paths that can be read, for messages. */
export const PSEUDO_FILES = [
  '/proc/PID/memtrack',
  '/proc/PID/maps',
  '/proc/PID/fdinfo/N',
  '/proc/PID/task/TID/dmabuf_fds',
  BUFINFO,
  DEBUG_MEMTRACK,
] as const;

/**
 * Reads a pseudo-file as root; null: ENOENT.
 *
 * @example
 * readPseudoFile(replayed, '/proc/17071/memtrack')?.text
 */
export function readPseudoFile(system: PseudoFileSystem, path: string): PseudoFile | null {
  const { kernel } = system;
  kernel?.flush();
  if (path === DEBUG_MEMTRACK) return debugMemtrack(system);
  if (path === BUFINFO) return kernel === null ? null : bufinfo([...kernel.buffers.values()]);
  const match = PROC.exec(path);
  if (match === null) return null;
  const [, pid = '', name = '', fd, tid] = match;
  if (name === 'memtrack') return memtrack(system, Number(pid));
  const leader = kernel?.task(Number(pid));
  if (leader?.alive !== true || leader.leader !== leader) return null;
  if (name === 'maps') return maps(leader);
  if (fd !== undefined) return fdinfo(leader, Number(fd));
  const task = kernel?.task(Number(tid));
  return task?.alive === true && task.group === leader.group ? dmabufFds(task) : null;
}

/** CONFIG_MEMTRACK_DEBUG makes it; a recording of commands, which has no kernel, is read as if it were set. */
function debugMemtrack({ kernel, tracker }: PseudoFileSystem): PseudoFile | null {
  if (tracker === null || (kernel !== null && kernel.memtrack !== 'debug')) return null;
  return { text: tracker.readDebugfs(), standIns: [] };
}

function memtrack({ kernel, tracker }: PseudoFileSystem, pid: number): PseudoFile | null {
  if (tracker === null) return null;
  if (kernel !== null) {
    const task = kernel.task(pid);
    return task?.alive === true && task.leader === task ? { text: tracker.readMemtrack(task.key), standIns: [] } : null;
  }
  const { leaders } = tracker.snapshot();
  const row = leaders.pid.indexOf(pid);
  return row < 0 ? null : { text: tracker.readMemtrack(leaders.task[row]!), standIns: [] };
}

/** Collects each stand-in once, in the order of its first use. */
class StandIns {
  readonly #said = new Set<string>();

  get list(): readonly string[] {
    return [...this.#said];
  }

  use<Value>(value: Value, said: string): Value {
    this.#said.add(said);
    return value;
  }

  inode(file: File | Buffer): number {
    const inode = 'files' in file ? file.files[0]?.inode : file.identity?.inode;
    return inode ?? this.use(0, 'inode numbers are 0');
  }

  size(buffer: Buffer): number {
    if (buffer.size !== null) return buffer.size;
    return this.use(buffer.sizeAtLeast ?? 0, 'sizes that the recording does not tell are the farthest mapping, or 0');
  }
}

function maps(leader: Task): PseudoFile {
  const standIns = new StandIns();
  standIns.use(null, 'only mappings of shared buffers are in the recording');
  const lines = leader.mm.vmas
    .filter(({ file }) => file.buffer !== null)
    .map((vma) => ({
      start: vma.start,
      end: vma.end,
      perms: vma.perms,
      offset: vma.offset,
      dev: vma.file.identity?.dev ?? standIns.use('0:0', 'devices are 00:00'),
      inode: standIns.inode(vma.file),
      path: vma.file.link,
      deleted: false,
    }));
  return { text: formatMaps(lines), standIns: standIns.list };
}

function fdinfo(leader: Task, fd: number): PseudoFile | null {
  const file = leader.files.get(fd);
  if (file === null) return null;
  const standIns = new StandIns();
  const { buffer } = file;
  const text = formatFdinfo({
    pos: standIns.use(0, 'pos is 0'),
    flags:
      buffer === null
        ? standIns.use(0, 'flags of files that are no buffers are 0')
        : file.flags | (leader.files.cloexec(fd) ? O.CLOEXEC : 0),
    mountId: standIns.use(0, 'mnt_id is 0'),
    inode: standIns.inode(file),
    other: '',
    scmFds: null,
    dmaBuf:
      buffer === null || buffer.kind !== 'dma-buf'
        ? null
        : {
            size: standIns.size(buffer),
            count: buffer.refs,
            exporter: buffer.exporter.name,
            name: buffer.name,
          },
  });
  return { text, standIns: standIns.list };
}

function dmabufFds(task: Task): PseudoFile {
  const standIns = new StandIns();
  const { files } = task;
  const inodes: number[] = [];
  const shared = task !== task.leader && task.leader.alive && task.leader.files === files;
  for (let fd = 0; !shared && fd < files.limit; fd++) {
    const buffer = files.get(fd)?.buffer;
    if (buffer?.kind === 'dma-buf') inodes.push(standIns.inode(buffer));
  }
  return { text: formatDmabufFds(inodes), standIns: standIns.list };
}

function bufinfo(buffers: readonly Buffer[]): PseudoFile {
  const standIns = new StandIns();
  const objects = buffers
    .filter(({ kind }) => kind === 'dma-buf')
    .map((buffer) => ({
      size: standIns.size(buffer),
      flags: buffer.openFiles[0]?.flags ?? 0,
      mode: standIns.use(0x80007, 'mode is 00080007'),
      count: buffer.refs,
      exporter: buffer.exporter.name,
      inode: standIns.inode(buffer),
      name: buffer.name,
      fences: [],
      attachments: [],
    }));
  if (objects.length > 0) standIns.use(null, 'fences and attached devices are not in the recording');
  return { text: formatBufinfo(objects), standIns: standIns.list };
}
