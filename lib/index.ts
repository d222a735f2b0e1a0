/** memtrack: which process holds which shared buffer, through what, since when. */

export type { Severity } from './core/addon.ts';
export type { Count } from './core/counters.ts';
export { ERRNO, type ErrnoCode, MemtrackError } from './core/errors.ts';
export { FLAG, NO_FD, OP, RECORD_BYTES, RECORD_WORDS, RecordWriter, VM, WORD } from './core/record.ts';
export type {
  BufferColumns,
  BufferFile,
  BufferKind,
  ContainerColumns,
  ContainerKind,
  FdColumns,
  FileColumns,
  HandleColumns,
  HeldVia,
  InFlightColumns,
  Known,
  MapColumns,
  Orphan,
  ProcessColumns,
  ProcessState,
  Snapshot,
} from './core/snapshot.ts';
export type { TrackerSnapshot } from './core/tracker-snapshot.ts';
export {
  type MemtrackForm,
  type Semantics,
  type Share,
  Tracker,
  type TrackerOptions,
  type VmaRange,
} from './core/tracker.ts';
export { Binder, type BinderOptions } from './drivers/binder.ts';
export type { BinderFault, BinderProcess } from './drivers/binder-process.ts';
export { Drm, type DrmDeviceOptions } from './drivers/drm.ts';
export type { DrmDevice, DrmNode } from './drivers/drm-device.ts';
export { DRM_DRIVERS, type DrmDriver, type DumbLayout, type GemStatus } from './drivers/drm-driver.ts';
export type { DrmFile } from './drivers/drm-file.ts';
export { DRM_IOCTL, drmIoctl } from './drivers/drm-ioctl.ts';
export type { DumbBuffer } from './drivers/dumb.ts';
export type { AddFramebuffer, Framebuffer } from './drivers/framebuffer.ts';
export type { GemObject } from './drivers/gem-object.ts';
export { Ion, type IonCustom, type IonOptions } from './drivers/ion.ts';
export { IonDirect, type IonDirectOptions } from './drivers/ion-direct.ts';
export { ION_FLAG, ION_HEAP_TYPE, type IonHeap, type IonHeapOptions } from './drivers/ion-heap.ts';
export type { IonAllocation, IonHeapInfo } from './drivers/ion-heaps.ts';
export { ION_IOC, ionIoctl, type IonUserMemory } from './drivers/ion-ioctl.ts';
export { DMA_BUF, type DmaBufArgument, dmaBufIoctl } from './drivers/dma-buf-ioctl.ts';
export { DmaBufAttachment, type DmaBufAttachmentOptions } from './drivers/dma-buf-attachment.ts';
export { DmaBufExporter, type DmaBufExporterOptions, type DmaBufsOptions } from './drivers/dma-buf.ts';
export { DMA_HEAP_IOCTL_ALLOC, dmaHeapIoctl } from './drivers/dma-heap-ioctl.ts';
export { fixedDirectory, textFile, textLink } from './machine/plain-nodes.ts';
export { Machine as Kernel, type MachineOptions as KernelOptions } from './machine/machine.ts';
export type { PseudoHandle } from './machine/pseudo-handle.ts';
export type {
  PseudoDirectory,
  PseudoFileNode,
  PseudoLink,
  PseudoNode,
  PseudoStat,
  PseudoText,
  Reader,
} from './machine/pseudo-node.ts';
export type { ReadOptions } from './machine/read-options.ts';
export { PSEUDO_FILES, type PseudoFile, readPseudoFile } from './machine/pseudo-file.ts';
export type { Buffer } from './model/buffer.ts';
export { CAP, type CredentialOptions, type Credentials, caps } from './model/credentials.ts';
export type { Exporter } from './model/exporter.ts';
export type { FileOperations } from './model/file-operations.ts';
export { File } from './model/file.ts';
export { CLONE, CLOSE_RANGE, MADV, MREMAP, O, PROT, VMA } from './model/flags.ts';
export { ptraceMayRead } from './model/ptrace-access.ts';
export type { Task } from './model/task.ts';
export { formatBufinfo } from './procfs/bufinfo.ts';
export { parseBufinfo } from './procfs/bufinfo-parse.ts';
export { parseDebugMemtrack } from './procfs/debug-memtrack.ts';
export { formatDmabufFds, parseDmabufFds } from './procfs/dmabuf-fds.ts';
export { type DrmClient, formatDrmClients, formatDrmName, formatGemNames, type GemName } from './procfs/drm-debugfs.ts';
export { parseDrmClients, parseGemNames } from './procfs/drm-debugfs-parse.ts';
export { type DrmEngine, type DrmFdinfo, type DrmRegion, formatDrmFdinfo } from './procfs/drm-fdinfo.ts';
export { parseDrmFdinfo } from './procfs/drm-fdinfo-parse.ts';
export { formatFramebuffers, type FramebufferInfo, parseFramebuffers } from './procfs/drm-framebuffer.ts';
export { type DrmSizeRule, formatDrmSize, parseDrmSize } from './procfs/drm-size.ts';
export { formatFdinfo, parseFdinfo } from './procfs/fdinfo.ts';
export { formatIonClient, formatIonHeap } from './procfs/ion-debugfs.ts';
export { parseIonClient, parseIonHeap } from './procfs/ion-debugfs-parse.ts';
export { formatIoUringFdinfo, parseIoUringFdinfo } from './procfs/io-uring-fdinfo.ts';
export { formatMaps, parseMaps } from './procfs/maps.ts';
export { parseMemtrack } from './procfs/memtrack.ts';
export { formatSmaps, formatSmapsRollup, parseSmaps, parseSmapsRollup } from './procfs/smaps.ts';
export { formatStat, parseStat, STAT } from './procfs/stat.ts';
export { formatStatm, parseStatm } from './procfs/statm.ts';
export { formatStatus, parseStatus } from './procfs/status.ts';
export { formatSysvipcShm, parseSysvipcShm } from './procfs/sysvipc-shm.ts';
export {
  adviceFor,
  type Loss,
  LOSSES,
  replay,
  type Replayed,
  type ReplayFacts,
  type ReplayOptions,
  spanOf,
} from './replay/index.ts';
export { type Answer, formatAnswer, formatCsv, formatJson, makeAnswer } from './report/index.ts';
export { findHolding, type Holding, rules } from './rules/index.ts';
export {
  playScenario,
  ScenarioError,
  type Step,
  type Truth,
  type TruthActor,
  type TruthBuffer,
  type TruthFd,
  type TruthMap,
} from './scenario/index.ts';
export { convertTrace } from './trace/convert.ts';
export { MtrkReader } from './trace/mtrk-reader.ts';
export { MtrkWriter } from './trace/mtrk-writer.ts';
export { openTrace } from './trace/open.ts';
export { TraceError } from './trace/trace-error.ts';
export type { TraceReader } from './trace/trace-reader.ts';
