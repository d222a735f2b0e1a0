import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import { findDmaBufInodes, processesWith } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * libdmabufinfo-pss: the `Pss` of Android's dmabuf_dump: the size of each dma-buf (each inode) divided by the number of processes
 * that have a descriptor or a mapping of it, rounded down, however many each has.
 * Source: Android's libdmabufinfo (DmaBuffer::Pss).
 */
export function libdmabufinfoPss(holding: Holding): Charges {
  const sheet = new ChargeSheet(holding);
  for (const inode of findDmaBufInodes(holding)) {
    const processes = processesWith(inode);
    for (const process of processes) sheet.charge(process, inode.buffer, Math.floor(inode.size / processes.length));
  }
  return sheet.finish('libdmabufinfo-pss');
}
