import { VM } from '../core/record.ts';
import { CLONE } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import { HiddenFile } from './recorded-file.ts';

/**
 * The recording tells late that a task, which has been seen acting, is a child: it gets what its parent has now wherever it
 * has not shown anything else itself. What it closed before cannot be told; so all of it is marked inferred.
 */
export function inheritLate(parent: Task, child: Task, flags: number): void {
  if ((flags & CLONE.FILES) === 0) inheritFiles(parent, child);
  if ((flags & CLONE.VM) === 0) inheritMappings(parent, child);
}

function inheritFiles({ files }: Task, child: Task): void {
  for (let fd = 0; fd < files.limit; fd++) {
    const file = files.get(fd);
    const own = child.files.get(fd);
    if (file === null || (own !== null && !(own instanceof HiddenFile))) continue;
    child.files.installAt(child, fd, file.get(), { cloexec: files.cloexec(fd), inferred: true });
  }
}

function inheritMappings({ mm }: Task, child: Task): void {
  for (const { start, end, offset, file, flags } of mm.vmas) {
    if ((flags & VM.dontCopy) !== 0 || child.mm.occupied(start, end - start)) continue;
    child.mm.map(child, start, end - start, file, offset, flags & 7, (flags & VM.shared) !== 0);
  }
}
