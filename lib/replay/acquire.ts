import type { Buffer } from '../model/buffer.ts';
import type { File } from '../model/file.ts';
import type { FdTable, InstallOptions } from '../model/fd-table.ts';
import type { Task } from '../model/task.ts';
import type { Lowering } from './lowering.ts';
import { HiddenFile } from './recorded-file.ts';

const PLAIN: InstallOptions = {};
const CLOEXEC: InstallOptions = { cloexec: true };

/** Descriptors below a new one that are taken as open at once. */
const WIDEST_GAP = 1 << 16;

/**
 * The recording shows that a call gave this descriptor, the lowest free one: all below it are open, though the
 * recording may not show by what. Takes over a reference on the file.
 */
export function acquireLowest(run: Lowering, task: Task, fd: number, file: File, cloexec: boolean): void {
  const { files } = task;
  const free = files.lowestFree();
  if (free < fd) fillGap(run, task, files, free, fd);
  acquire(run, task, fd, file, cloexec);
}

/** The recording shows that a call gave this descriptor. Takes over a reference on the file. */
export function acquire(run: Lowering, task: Task, fd: number, file: File, cloexec: boolean): void {
  const { files } = task;
  const old = files.get(fd);
  if (old !== null) displaced(run, files, fd, old);
  else if (fd >= run.kernel.nrOpen) {
    run.losses.count('fd_out_of_range');
    file.put();
    return;
  }
  files.installAt(task, fd, file, cloexec ? CLOEXEC : PLAIN);
}

/** Says what it means that an open descriptor is given out again. */
export function displaced(run: Lowering, files: FdTable, fd: number, old: File): void {
  if (old instanceof HiddenFile) return;
  run.losses.count(files.inferred(fd) ? 'fd_inferred_contradicted' : 'fd_lost_close');
}

/** The file at a descriptor that is used; one that was never shown turns out to be open. */
export function used(run: Lowering, task: Task, fd: number): File | null {
  const { files } = task;
  const file = files.get(fd);
  if (file !== null) return file;
  run.losses.count('fd_use_unknown');
  if (fd >= run.kernel.nrOpen) {
    run.losses.count('fd_out_of_range');
    return null;
  }
  const hidden = new HiddenFile();
  files.installAt(task, fd, hidden, PLAIN);
  return hidden;
}

/** A lower bound of a buffer's size became known; bytes. */
export function atLeast(buffer: Buffer, bytes: number): void {
  if (buffer.size === null && bytes > (buffer.sizeAtLeast ?? 0)) buffer.sizeAtLeast = bytes;
}

function fillGap(run: Lowering, task: Task, files: FdTable, from: number, to: number): void {
  if (to - from > WIDEST_GAP || to >= run.kernel.nrOpen) {
    run.losses.count('fd_gap_too_wide');
    return;
  }
  for (let fd = from; fd < to; fd = files.lowestFree()) files.installAt(task, fd, new HiddenFile(), PLAIN);
}
