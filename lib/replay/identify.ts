import type { Buffer } from '../model/buffer.ts';
import type { FdTable } from '../model/fd-table.ts';
import type { File } from '../model/file.ts';
import type { Task } from '../model/task.ts';
import { acquire, used } from './acquire.ts';
import type { FdName, NamedKind } from './fd-name.ts';
import { parseFdName } from './fd-name.ts';
import type { Lowering } from './lowering.ts';
import { openBuffer, recordedExporter } from './recorded-buffers.ts';
import { HiddenFile } from './recorded-file.ts';

const EXPORTER = { 'dma-buf': 'dma-buf', memfd: 'memfd', 'posix-shm': 'shm' } as const;

const PROC_FD = /^\/proc\/(self|thread-self|\d+)(?:\/task\/(\d+))?\/fd\/(\d+)$/;
const DEV_FD = /^\/dev\/fd\/(\d+)$/;
const MAP_FILES = /^\/proc\/(self|\d+)(?:\/task\/\d+)?\/map_files\/([0-9a-f]+)-[0-9a-f]+$/;

/**
 * open(2) of something that is already open: the same buffer by a new file, with one reference. null: no buffer, as far as the
 * recording shows.
 */
export function openAgain(run: Lowering, task: Task, path: string, flags: number): File | null {
  const source = sourceOf(run, task, path);
  if (source !== null) return source.buffer === null ? null : openBuffer(source.buffer, flags);
  const name = parseFdName(path);
  return name.kind === null ? null : openBuffer(byName(run, task, name.kind, name.name), flags);
}

/** The recording calls a descriptor so. */
export function nameFd(run: Lowering, task: Task, fd: number, name: FdName): void {
  const { files } = task;
  const file = files.get(fd);
  const { kind } = name;
  if (kind === null) return;
  if (file === null) {
    appear(run, task, fd, kind, name.name);
  } else if (file instanceof HiddenFile) {
    reveal(run, task, fd, file, kind, name.name);
  } else if (file.buffer !== null && is(file.buffer, kind, name.name)) {
    if (files.inferred(fd)) confirm(files, fd, file.buffer);
    if (file.buffer.name !== name.name) rename(run, file.buffer, name.name);
  } else {
    run.losses.count(files.inferred(fd) ? 'fd_inferred_contradicted' : 'fd_changed_unseen');
    const cloexec = files.cloexec(fd);
    files.closeAt(task, fd);
    acquire(run, task, fd, openBuffer(byName(run, task, kind, name.name)), cloexec);
  }
}

/** The buffer has that name from now on. */
export function rename(run: Lowering, buffer: Buffer, name: string | null): void {
  buffer.name = name;
  run.names.add(buffer);
}

/** The only live buffer that a name can mean; else one that was not known. */
export function byName(run: Lowering, task: Task, kind: NamedKind, name: string | null): Buffer {
  if (kind === 'posix-shm' && name !== null) {
    const buffer = run.shm.find(task, name);
    run.names.add(buffer);
    return buffer;
  }
  const known = name === null || name === '' ? null : run.names.only(kind, name);
  if (known === null) return unknownBuffer(run, kind, name);
  run.losses.count('name_resolved');
  return known;
}

/** A buffer that was there before it was shown; neither its size nor where it comes from is known. */
export function unknownBuffer(run: Lowering, kind: NamedKind | 'unknown', name: string | null): Buffer {
  run.losses.count('buffer_before_recording');
  run.losses.count('buffer_size_unknown');
  const exporter = recordedExporter(kind, kind === 'unknown' ? 'unknown' : EXPORTER[kind]);
  const buffer = run.kernel.createBuffer(exporter, { size: null, name, known: 'inferred' });
  run.names.add(buffer);
  return buffer;
}

/** Names of dma-bufs change, those of the others do not. */
function is(buffer: Buffer, kind: NamedKind, name: string | null): boolean {
  return buffer.kind === kind && (kind === 'dma-buf' || buffer.name === name);
}

function confirm(files: FdTable, fd: number, buffer: Buffer): void {
  files.setInferred(fd, false);
  if (buffer.known === 'inferred') buffer.known = buffer.size === null ? 'lower-bound' : 'exact';
}

/** A descriptor that nothing recorded has made: a dma-buf whose fd had been inferred wrongly, or one that came unseen. */
function appear(run: Lowering, task: Task, fd: number, kind: NamedKind, name: string | null): void {
  const inferred = kind === 'dma-buf' ? run.inferred.take(task.files) : null;
  if (inferred === null) {
    acquire(run, task, fd, openBuffer(byName(run, task, kind, name)), false);
    return;
  }
  const { file } = inferred;
  const cloexec = task.files.cloexec(inferred.fd);
  run.losses.count('fd_inferred_moved');
  acquire(run, task, fd, file.get(), cloexec);
  task.files.closeAt(task, inferred.fd);
  if (file.buffer !== null) {
    confirm(task.files, fd, file.buffer);
    rename(run, file.buffer, name);
  }
}

/** A descriptor that was merely open tells what it is, and so do its copies. */
function reveal(run: Lowering, task: Task, fd: number, hidden: HiddenFile, kind: NamedKind, name: string | null): void {
  if (hidden.refs === 1) {
    const cloexec = task.files.cloexec(fd);
    task.files.closeAt(task, fd);
    appear(run, task, fd, kind, name);
    task.files.setCloexec(fd, cloexec);
    return;
  }
  const buffer = kind === 'posix-shm' ? byName(run, task, kind, name) : unknownBuffer(run, kind, name);
  const file = openBuffer(buffer);
  const seen = new Set<FdTable>();
  for (const other of run.kernel.tasks()) {
    if (!other.alive || seen.has(other.files)) continue;
    const { files } = other;
    seen.add(files);
    for (let copy = 0; copy < files.limit; copy++) {
      if (files.get(copy) === hidden) acquire(run, other, copy, file.get(), files.cloexec(copy));
    }
  }
  file.put();
}

/** The open file that a path under /proc stands for, or null. */
function sourceOf(run: Lowering, task: Task, path: string): File | null {
  const dev = DEV_FD.exec(path);
  if (dev !== null) return used(run, task, Number(dev[1]));
  const proc = PROC_FD.exec(path);
  if (proc !== null) {
    const owner = ownerOf(run, task, proc[2] ?? proc[1] ?? '');
    return owner === null ? null : used(run, owner, Number(proc[3]));
  }
  const map = MAP_FILES.exec(path);
  if (map === null) return null;
  return ownerOf(run, task, map[1] ?? '')?.mm.find(parseInt(map[2] ?? '', 16))?.file ?? null;
}

function ownerOf(run: Lowering, task: Task, who: string): Task | null {
  if (who === 'self') return task.leader.alive ? task.leader : task;
  if (who === 'thread-self') return task;
  const owner = run.kernel.task(Number(who));
  return owner?.alive === true ? owner : null;
}
