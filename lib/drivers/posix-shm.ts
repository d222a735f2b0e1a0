import { MemtrackError } from '../core/errors.ts';
import type { Buffer } from '../model/buffer.ts';
import type { Exporter } from '../model/exporter.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import { SEAL, shmemOperations } from './shmem.ts';

const NAME_MAX = 255;

const EXPORTER: Exporter = { name: 'shm', kind: 'posix-shm', memtrack: false };

interface Entry {
  readonly buffer: Buffer;
  readonly operations: FileOperations;
  linked: boolean;
}

/** /dev/shm: files that shm_open(3) opens; a linked one lives without any process. */
export class PosixShm {
  readonly #kernel: Kernel;
  readonly #dev: string;
  readonly #entries = new Map<string, Entry>();
  /** The root directory has inode 1. */
  #inodes = 1;

  /** `dev`: st_dev of the tmpfs at /dev/shm, `major:minor`. */
  constructor(kernel: Kernel, dev = '0:27') {
    this.#kernel = kernel;
    this.#dev = dev;
  }

  /** Names that are linked. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /**
   * shm_open(3), whose fd is close-on-exec: `name` with or without a leading slash. EINVAL: empty or another slash in it;
   * ENAMETOOLONG; ENOENT; EEXIST: with O_CREAT | O_EXCL; EMFILE.
   */
  open(task: Task, name: string, flags: number = O.RDWR | O.CREAT): number {
    const plain = checked(name, 'shm_open');
    if (task.files.lowestFree() >= task.group.nofile) throw new MemtrackError('EMFILE', 'shm_open');
    const known = this.#entries.get(plain);
    if (known !== undefined && (flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0)
      throw new MemtrackError('EEXIST', 'shm_open', name);
    if (known === undefined && (flags & O.CREAT) === 0) throw new MemtrackError('ENOENT', 'shm_open', name);
    const { buffer, operations } = known ?? this.#create(task, plain);
    const file = new File({ buffer, operations, flags: (flags & (O.ACCMODE | O.NONBLOCK)) | O.LARGEFILE });
    if ((flags & O.TRUNC) !== 0) buffer.resize(0);
    return task.install(file, { cloexec: true });
  }

  /** shm_unlink(3): the name is gone, the buffer when nobody holds it. ENOENT. */
  unlink(name: string): void {
    const plain = checked(name, 'shm_unlink');
    const entry = this.#entries.get(plain);
    if (entry === undefined) throw new MemtrackError('ENOENT', 'shm_unlink', name);
    this.#entries.delete(plain);
    entry.linked = false;
    entry.buffer.named = false;
  }

  #create(task: Task, name: string): Entry {
    const buffer = this.#kernel.createBuffer(EXPORTER, {
      size: 0,
      name,
      creator: task,
      named: true,
      files: [{ dev: this.#dev, inode: ++this.#inodes }],
    });
    const inode = { seals: SEAL.SEAL, executable: false };
    const operations = shmemOperations(inode, () => `/dev/shm/${name}${entry.linked ? '' : ' (deleted)'}`);
    const entry: Entry = { buffer, operations, linked: true };
    this.#entries.set(name, entry);
    return entry;
  }
}

function checked(name: string, syscall: string): string {
  const plain = name.replace(/^\/+/, '');
  if (plain === '' || plain === '.' || plain === '..' || plain.includes('/'))
    throw new MemtrackError('EINVAL', syscall, name);
  if (new TextEncoder().encode(plain).length > NAME_MAX) throw new MemtrackError('ENAMETOOLONG', syscall);
  return plain;
}
