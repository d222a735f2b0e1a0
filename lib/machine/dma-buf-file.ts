import type { File } from '../model/file.ts';

/** Whether it is the file of a dma-buf; ION's buffers have no others. */
export function isDmaBuf(file: File): boolean {
  return file.buffer?.kind === 'dma-buf' || file.buffer?.kind === 'ion';
}

/** file_count of a dma-buf; an ION buffer may have several. What a recording shows as several files of one dma-buf is one. */
export function dmaBufCount(file: File): number {
  return file.buffer === null || file.buffer.kind === 'ion' ? file.refs : file.buffer.refs;
}
