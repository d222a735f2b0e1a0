import { ChargeSheet } from './charge-sheet.ts';
import type { Charges } from './charges.ts';
import { findDmaBufInodes } from './dma-buf-inodes.ts';
import type { Holding } from './holding.ts';

/**
 * dmabuf-fds: what a reader of /proc/[pid]/task/[tid]/dmabuf_fds gets who looks the sizes up in sysfs: each inode listed, once a
 * process. Who only maps a dma-buf has none. Source: "procfs/dmabuf: add /proc/<pid>/task/<tid>/dmabuf_fds", January 2021.
 */
export function dmabufFds(holding: Holding): Charges {
  const sheet = new ChargeSheet(holding);
  for (const { buffer, size, fds } of findDmaBufInodes(holding)) {
    for (const process of fds.keys()) sheet.charge(process, buffer, size);
  }
  return sheet.finish('dmabuf-fds');
}
