import type { BufferKind } from '../core/snapshot.ts';
import { PFN_MAPPED } from '../drivers/dma-buf.ts';
import type { Buffer } from '../model/buffer.ts';
import type { Exporter } from '../model/exporter.ts';
import { File } from '../model/file.ts';
import type { FileOperations } from '../model/file-operations.ts';
import { UnmarkedFile } from './recorded-file.ts';

const MEMFD: FileOperations = { link: ({ buffer }) => `/memfd:${buffer?.name ?? ''} (deleted)` };
const SHM: FileOperations = {
  link: ({ buffer }) => `/dev/shm/${buffer?.name ?? ''}${buffer?.named === true ? '' : ' (deleted)'}`,
};
/** What the exporter is, a recording rarely says: all are taken to map as the system heap does. */
const DMA_BUF: FileOperations = {
  link: ({ buffer }) => `/dmabuf:${buffer?.name ?? ''}`,
  vmFlags: PFN_MAPPED,
};
const UNKNOWN: FileOperations = { link: () => '' };

const OPERATIONS: Partial<Record<BufferKind, FileOperations>> = {
  memfd: MEMFD,
  'posix-shm': SHM,
  'dma-buf': DMA_BUF,
};

/** Exporters by kind and name; a recording names its heaps. */
const exporters = new Map<string, Exporter>();

/**
 * The exporter of recorded buffers: none gives a memtrack buffer in the posted series.
 *
 * @example
 * recordedExporter('dma-buf', 'system')
 */
export function recordedExporter(kind: BufferKind, name: string): Exporter {
  const key = `${kind}:${name}`;
  let exporter = exporters.get(key);
  if (exporter === undefined) {
    exporter = { name, kind, memtrack: false };
    exporters.set(key, exporter);
  }
  return exporter;
}

/** A new open file of a recorded buffer, with one reference. */
export function openBuffer(buffer: Buffer, flags?: number): File {
  const operations = operationsOf(buffer);
  return flags === undefined ? new File({ buffer, operations }) : new File({ buffer, operations, flags });
}

/** The first file of a dma-buf, at the descriptor that its ioctl gave. */
export function exportBuffer(buffer: Buffer, fd: number): File {
  return new UnmarkedFile(fd, { buffer, operations: operationsOf(buffer) });
}

/** How files of such a buffer behave. */
export function operationsOf(buffer: Buffer): FileOperations {
  return OPERATIONS[buffer.kind] ?? UNKNOWN;
}
