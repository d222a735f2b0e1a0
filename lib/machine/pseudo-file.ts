import { MemtrackError } from '../core/errors.ts';
import { machineTree } from './machine-tree.ts';
import type { PseudoFileSystem } from './pseudo-file-system.ts';
import type { PseudoText } from './pseudo-node.ts';

/** A pseudo-file as the kernel would print it. */
export type PseudoFile = PseudoText;

/** The paths that can be read, for messages. */
export const PSEUDO_FILES = [
  '/proc/PID/memtrack',
  '/proc/PID/maps',
  '/proc/PID/smaps',
  '/proc/PID/smaps_rollup',
  '/proc/PID/status',
  '/proc/PID/statm',
  '/proc/PID/stat',
  '/proc/PID/comm',
  '/proc/PID/fd/N',
  '/proc/PID/fdinfo/N',
  '/proc/PID/map_files/START-END',
  '/proc/PID/task/TID/dmabuf_fds',
  '/sys/kernel/debug/dma_buf/bufinfo',
  '/sys/kernel/debug/memtrack',
] as const;

/**
 * Reads a pseudo-file as root; null: ENOENT. A directory gives its names, a link where it leads, a line each.
 *
 * @example
 * readPseudoFile(replayed, '/proc/17071/memtrack')?.text
 */
export function readPseudoFile(system: PseudoFileSystem, path: string): PseudoFile | null {
  const tree = machineTree(system);
  try {
    const node = tree.node(path, null, false);
    if (node.type === 'link') return { text: `${node.target(null)}\n`, standIns: [] };
    if (node.type === 'file') return tree.readText(path);
    return {
      text: node
        .names(null)
        .map((name) => `${name}\n`)
        .join(''),
      standIns: [],
    };
  } catch (error) {
    if (error instanceof MemtrackError && ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code)) return null;
    throw error;
  }
}
