import { MemtrackError } from '../core/errors.ts';
import { decodeText, encodeText } from '../core/text.ts';
import type { Task } from '../model/task.ts';
import type { Ion } from './ion.ts';

/** ION_IOC_ numbers of a 64-bit kernel. TAG is the memtrack series'; it and HEAP_QUERY differ in their size only. */
export const ION_IOC = {
  ALLOC: 0xc0204900,
  FREE: 0xc0044901,
  MAP: 0xc0084902,
  SHARE: 0xc0084904,
  IMPORT: 0xc0084905,
  CUSTOM: 0xc0104906,
  SYNC: 0xc0084907,
  HEAP_QUERY: 0xc0184908,
  TAG: 0xc0244908,
} as const;

/** sizeof(union ion_ioctl_arg), whose largest member is the tag's. */
const UNION = 40;
/** sizeof(struct ion_heap_data). */
const HEAP_DATA = 52;
const HEAP_NAME = 32;

/** What an ioctl of /dev/ion finds in user memory. */
export interface IonUserMemory {
  /** Where the argument points; null: nowhere. It is read, and what the ioctl answers is written to it. */
  readonly argument: Uint8Array | null;
  /** Where `heaps` of struct ion_heap_query points, if that is not 0. */
  readonly heaps?: Uint8Array;
  /** The argument's page may be read and not written. */
  readonly readOnly?: boolean;
}

/**
 * ioctl(2) of /dev/ion with the structures of <linux/ion.h>, as ion_ioctl() takes them. EBADF; ENOTTY: another file, or a command that
 * is not known; EINVAL: more argument than any command has; EFAULT: it is not there, and a handle just allocated is freed again.
 *
 * @example
 * const ion = kernel.ion();
 * const device = ion.open(task);
 * const argument = new Uint8Array(32);
 * const allocation = new DataView(argument.buffer);
 * allocation.setBigUint64(0, 4096n, true); // len
 * allocation.setUint32(16, 1, true); // heap_id_mask
 * ionIoctl(ion, task, device, ION_IOC.ALLOC, { argument });
 * allocation.getInt32(24, true); // 1
 */
export function ionIoctl(ion: Ion, task: Task, device: number, command: number, memory: IonUserMemory): number {
  ion.client(task, device);
  const given = (memory as IonUserMemory | undefined)?.argument;
  if (given !== null && !(given instanceof Uint8Array))
    throw new TypeError('ionIoctl: argument: expected bytes, or null for none');
  const size = (command >>> 16) & 0x3fff;
  if (size > UNION) throw refused('EINVAL', command);
  const { argument } = memory;
  if (size > 0 && (argument === null || argument.length < size)) throw refused('EFAULT', command);
  const bytes = argument?.slice(0, size) ?? new Uint8Array();
  const call: Call = { ion, task, device, view: new DataView(bytes.buffer), bytes, memory };
  const { run, answers } = commandOf(command);
  const result = run(call);
  if (answers && argument !== null) {
    if (memory.readOnly === true) {
      if (command === ION_IOC.ALLOC) ion.free(task, device, call.view.getInt32(24, true));
      throw refused('EFAULT', command);
    }
    argument.set(bytes);
  }
  return result;
}

interface Call {
  readonly ion: Ion;
  readonly task: Task;
  readonly device: number;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly memory: IonUserMemory;
}

interface Command {
  readonly run: (call: Call) => number;
  /** FREE, SYNC and CUSTOM answer nothing though they are declared to (ion_ioctl_dir). */
  readonly answers: boolean;
}

const COMMANDS: ReadonlyMap<number, Command> = new Map<number, Command>([
  [ION_IOC.ALLOC, { run: alloc, answers: true }],
  [ION_IOC.FREE, { run: free, answers: false }],
  [ION_IOC.MAP, { run: share, answers: true }],
  [ION_IOC.SHARE, { run: share, answers: true }],
  [ION_IOC.IMPORT, { run: importFd, answers: true }],
  [ION_IOC.CUSTOM, { run: custom, answers: false }],
  [ION_IOC.SYNC, { run: sync, answers: false }],
  [ION_IOC.HEAP_QUERY, { run: heapQuery, answers: true }],
  [ION_IOC.TAG, { run: tag, answers: true }],
]);

function commandOf(command: number): Command {
  const known = COMMANDS.get(command);
  if (known === undefined) throw refused('ENOTTY', command);
  return known;
}

/** struct ion_allocation_data. A mask of no heap is no mask of all. */
function alloc({ ion, task, device, view }: Call): number {
  const handle = ion.alloc(task, device, {
    size: Number(view.getBigUint64(0, true)),
    align: Number(view.getBigUint64(8, true)),
    heapIdMask: view.getUint32(16, true),
    flags: view.getUint32(20, true),
  });
  view.setInt32(24, handle, true);
  return 0;
}

/** struct ion_handle_data. */
function free({ ion, task, device, view }: Call): number {
  ion.free(task, device, view.getInt32(0, true));
  return 0;
}

/** struct ion_fd_data. Of what refuses the fd, its errno is also written in the fd's place. */
function share({ ion, task, device, view, memory }: Call): number {
  const handle = view.getInt32(0, true);
  try {
    view.setInt32(4, ion.share(task, device, handle), true);
  } catch (error) {
    if (!(error instanceof MemtrackError) || error.code === 'EINVAL') throw error;
    if (memory.readOnly === true) throw refused('EFAULT', ION_IOC.SHARE);
    new DataView(memory.argument!.buffer, memory.argument!.byteOffset).setInt32(4, error.errno, true);
    throw error;
  }
  return 0;
}

/** struct ion_fd_data. */
function importFd({ ion, task, device, view }: Call): number {
  view.setInt32(0, ion.import(task, device, view.getInt32(4, true)), true);
  return 0;
}

/** struct ion_custom_data. */
function custom({ ion, task, device, view }: Call): number {
  return ion.custom(task, device, view.getUint32(0, true), view.getBigUint64(8, true));
}

/** struct ion_fd_data. */
function sync({ ion, task, device, view }: Call): number {
  ion.sync(task, device, view.getInt32(4, true));
  return 0;
}

/** struct ion_heap_query: what is reserved has to be 0. */
function heapQuery({ ion, task, device, view, memory }: Call): number {
  const total = ion.countHeaps(task, device);
  if ([4, 16, 20].some((at) => view.getUint32(at, true) !== 0)) throw refused('EINVAL', ION_IOC.HEAP_QUERY);
  if (view.getBigUint64(8, true) === 0n) {
    view.setUint32(0, total, true);
    return 0;
  }
  const heaps = ion.queryHeaps(task, device, view.getUint32(0, true));
  heaps.forEach(({ name, type, id }, row) => {
    const at = row * HEAP_DATA;
    if (memory.heaps === undefined || memory.heaps.length < at + HEAP_DATA) throw refused('EFAULT', ION_IOC.HEAP_QUERY);
    const data = new DataView(memory.heaps.buffer, memory.heaps.byteOffset + at, HEAP_DATA);
    memory.heaps.fill(0, at, at + HEAP_DATA);
    memory.heaps.set(encodeText(name), at);
    data.setUint32(HEAP_NAME, type, true);
    data.setUint32(HEAP_NAME + 4, id, true);
  });
  view.setUint32(0, heaps.length, true);
  return 0;
}

/** struct ion_tag_data: its last byte is made a NUL, and stays one in what is answered. */
function tag({ ion, task, device, view, bytes }: Call): number {
  const handle = view.getInt32(0, true);
  if (task.kernel.memtrack !== 'off') bytes[35] = 0;
  const end = bytes.indexOf(0, 4);
  ion.tag(task, device, handle, decodeText(bytes.subarray(4, end < 0 ? 36 : end)));
  return 0;
}

function refused(code: 'EINVAL' | 'EFAULT' | 'ENOTTY', command: number): MemtrackError {
  return new MemtrackError(code, 'ioctl', `0x${(command >>> 0).toString(16)}`);
}
