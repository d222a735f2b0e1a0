/** A reader and a target, and which of the target's files the reader may read. */
import { MemtrackError } from '../../lib/core/errors.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { CredentialOptions } from '../../lib/model/credentials.ts';
import type { Task } from '../../lib/model/task.ts';

export interface Pair {
  readonly kernel: Machine;
  readonly reader: Task;
  readonly target: Task;
}

/** The target, pid 612, has a dma-buf at fd 0 that it has mapped. */
export function pair(reader: CredentialOptions, target: CredentialOptions, semantics?: 'intended' | 'posted'): Pair {
  const kernel = new Machine(semantics === undefined ? {} : { semantics });
  const seen = kernel.spawn({ pid: 612, comm: 'camera', credentials: target });
  kernel.dmaHeap('system').alloc(seen, { size: 4096 });
  seen.mmap({ fd: 0, length: 4096 });
  return { kernel, reader: kernel.spawn({ pid: 700, comm: 'reader', credentials: reader }), target: seen };
}

/** Everything of a process that asks who reads. */
export const GATED = [
  'maps',
  'smaps',
  'smaps_rollup',
  'map_files/',
  'fdinfo/',
  'fdinfo/0',
  'fd/',
  'fd/0',
  'task/612/maps',
  'task/612/dmabuf_fds',
] as const;

/** `ok`, or the errno with which a file, a directory (`fd/`) or a link (`fd/0`) below /proc/612 is refused. */
export function attempt({ kernel, reader }: Pick<Pair, 'kernel' | 'reader'>, name: string): string {
  const path = `/proc/612/${name}`;
  try {
    if (name.endsWith('/')) kernel.list(path, { as: reader });
    else if (/^(fd|map_files)\//.test(name)) kernel.readlink(path, { as: reader });
    else kernel.read(path, { as: reader });
    return 'ok';
  } catch (error) {
    if (error instanceof MemtrackError) return error.code;
    throw error;
  }
}

/** What becomes of all gated files, when it is the same for all; otherwise one by one. */
export function attempts(both: Pick<Pair, 'kernel' | 'reader'>, names: readonly string[] = GATED): string {
  const results = names.map((name) => attempt(both, name));
  return new Set(results).size === 1 ? results[0]! : names.map((name, at) => `${name} ${results[at]}`).join(', ');
}
