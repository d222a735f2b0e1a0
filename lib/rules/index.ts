/** Rules: from who holds what to who is charged how much. */

import { dmaHeapMemcg } from './dma-heap-memcg.ts';
import { dmabufFds } from './dmabuf-fds.ts';
import { dmem } from './dmem.ts';
import { driverPages } from './driver-pages.ts';
import { drmFdinfo } from './drm-fdinfo.ts';
import { gpuCgroup } from './gpu-cgroup.ts';
import { ionDebugfs } from './ion-debugfs.ts';
import { libdmabufinfoPss } from './libdmabufinfo-pss.ts';
import { libdmabufinfoRss } from './libdmabufinfo-rss.ts';
import { memcgDmabuf } from './memcg-dmabuf.ts';
import { memtrack } from './memtrack.ts';
import { perFileBadness } from './per-file-badness.ts';
import { perFileRss } from './per-file-rss.ts';
import { perfettoDmaHeap } from './perfetto-dma-heap.ts';
import { pss } from './pss.ts';
import { rss } from './rss.ts';
import { smapsPss } from './smaps-pss.ts';
import { smapsRss } from './smaps-rss.ts';
import { uss } from './uss.ts';

export type { Charges } from './charges.ts';
export type { Fraction } from './fraction.ts';
export { findHolding, type HolderColumns, type Holding } from './holding.ts';
export type { PssCharges } from './pss.ts';
export type { ReferenceTable } from './reference-table.ts';
export { findTotals, type Totals } from './totals.ts';
export { pss, rss, uss };

/** Every rule by its name: the three that the answers show, then one for each way of accounting that somebody uses or proposed. */
export const rules = {
  rss,
  pss,
  uss,
  memtrack,
  ionDebugfs,
  dmabufFds,
  libdmabufinfoRss,
  libdmabufinfoPss,
  perFileBadness,
  perFileRss,
  driverPages,
  drmFdinfo,
  gpuCgroup,
  memcgDmabuf,
  dmaHeapMemcg,
  dmem,
  perfettoDmaHeap,
  smapsRss,
  smapsPss,
} as const;

export type RuleName = keyof typeof rules;
