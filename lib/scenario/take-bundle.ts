import { MemtrackError } from '../core/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { Attributes, BundleRecord } from './bundle.ts';

const LINK = 0o120000;
/** Of the process and of each of its other threads. */
const TEXTS = ['comm', 'maps'];

/** What the kernel shows of these processes and of buffers, as records of a bundle. */
export function takeBundle(kernel: Machine, pids: Iterable<number>): readonly BundleRecord[] {
  const records: BundleRecord[] = [];
  for (const pid of pids) addProcess(records, kernel, pid);
  for (const path of ['/proc/sysvipc/shm', '/sys/kernel/debug/dma_buf/bufinfo'])
    if (exists(kernel, path)) addFile(records, kernel, path);
  for (const path of ['/sys/kernel/dmabuf', '/sys/kernel/debug/dri'])
    if (exists(kernel, path)) addTree(records, kernel, path);
  return records;
}

function addProcess(records: BundleRecord[], kernel: Machine, pid: number): void {
  const directory = `/proc/${pid}`;
  records.push({ type: 'dir', path: directory.slice(1) });
  addTask(records, kernel, directory);
  for (const tid of kernel
    .list(`${directory}/task`)
    .map(Number)
    .sort((a, b) => a - b)) {
    const thread = `${directory}/task/${tid}`;
    records.push({ type: 'dir', path: thread.slice(1) });
    if (tid !== pid) addTask(records, kernel, thread);
    else addFile(records, kernel, `${thread}/comm`);
  }
}

function addTask(records: BundleRecord[], kernel: Machine, directory: string): void {
  for (const name of TEXTS) addFile(records, kernel, `${directory}/${name}`);
  for (const name of ['fd', 'fdinfo']) addTree(records, kernel, `${directory}/${name}`);
}

/** A directory and all below it. */
function addTree(records: BundleRecord[], kernel: Machine, directory: string): void {
  refusing(records, directory, () => {
    const names = kernel.list(directory);
    records.push({ type: 'dir', path: directory.slice(1) });
    for (const name of names) {
      const path = `${directory}/${name}`;
      const { type } = kernel.lstat(path);
      if (type === 'directory') addTree(records, kernel, path);
      else if (type === 'link') addLink(records, kernel, path);
      else addFile(records, kernel, path);
    }
  });
}

function addFile(records: BundleRecord[], kernel: Machine, path: string): void {
  refusing(records, path, () => {
    records.push({ type: 'file', path: path.slice(1), text: kernel.read(path) });
  });
}

function addLink(records: BundleRecord[], kernel: Machine, path: string): void {
  refusing(records, path, () => {
    records.push({
      type: 'link',
      path: path.slice(1),
      text: kernel.readlink(path),
      attributes: attributesOf(kernel, path),
    });
  });
}

/** As far as the model knows them. */
function attributesOf(kernel: Machine, path: string): Attributes {
  const { dev, inode, size, blocks } = kernel.stat(path);
  return {
    ...(typeof dev === 'string' ? { dev } : {}),
    ...(typeof inode === 'number' ? { ino: String(inode) } : {}),
    size: String(size),
    ...(blocks === undefined ? {} : { blocks: String(blocks) }),
    lmode: (LINK | kernel.lstat(path).mode).toString(8),
  };
}

function exists(kernel: Machine, path: string): boolean {
  try {
    kernel.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof MemtrackError) return false;
    throw error;
  }
}

/** What is refused becomes a record too. */
function refusing(records: BundleRecord[], path: string, add: () => void): void {
  try {
    add();
  } catch (error) {
    if (!(error instanceof MemtrackError)) throw error;
    records.push({ type: 'error', path: path.slice(1), errno: error.code });
  }
}
