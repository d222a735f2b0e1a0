import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import { findDmaBufInodes, processesWith } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * libdmabufinfo-rss: the `Rss` of Android's dmabuf_dump: the size of each dma-buf (each inode) of which a process has a descriptor
 * or a mapping. Processes that share a table count each for itself; what is in flight or in the kernel is nobody's.
 * Source: Android's libdmabufinfo (ReadProcfsDmaBufs).
 */
export function libdmabufinfoRss(holding: Holding): Charges {
  const sheet = new ChargeSheet(holding);
  for (const inode of findDmaBufInodes(holding)) {
    for (const process of processesWith(inode)) sheet.charge(process, inode.buffer, inode.size);
  }
  return sheet.finish('libdmabufinfo-rss');
}
