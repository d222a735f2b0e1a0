import { MemtrackError } from '../core/errors.ts';
import { allocate } from '../model/descriptors.ts';
import type { File } from '../model/file.ts';
import { O } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import type { DrmFile } from './drm-file.ts';
import type { GemObject } from './gem-object.ts';

/** DRM_CLOEXEC and DRM_RDWR. */
const FLAGS = O.CLOEXEC | O.RDWR;
/** Of the helper of Linux 3.9. */
const OLD_FLAGS = O.CLOEXEC;

/**
 * drm_gem_prime_handle_to_fd: an fd of the object's dma-buf, the same one while it has handles; of an import, the dma-buf that it
 * came from. EINVAL: flags; EMFILE; ENOENT: no such handle.
 */
export function primeHandleToFd(file: DrmFile, task: Task, handle: number, flags: number): number {
  const allowed = file.device.driver.oldPrime === true ? OLD_FLAGS : FLAGS;
  if ((flags & ~allowed) !== 0) throw new MemtrackError('EINVAL', 'DRM_IOCTL_PRIME_HANDLE_TO_FD', 'flags');
  const fd = allocate(task, task.files, 0, 'DRM_IOCTL_PRIME_HANDLE_TO_FD');
  task.files.publish(task, fd, dmaBufOf(file, task, handle, flags), (flags & O.CLOEXEC) !== 0);
  return fd;
}

/** An object with handles keeps its dma-buf; that of Linux 3.9 only knows it. */
function keep(object: GemObject, dmaBuf: File): void {
  if (object.device.driver.oldPrime !== true) object.dmaBuf ??= dmaBuf.getByKernel();
}

/** With a reference for the caller; the table of the file, and a new dma-buf's object, take one each. */
function dmaBufOf(file: DrmFile, task: Task, handle: number, flags: number): File {
  const object = file.object(handle);
  if (object === null) throw new MemtrackError('ENOENT', 'DRM_IOCTL_PRIME_HANDLE_TO_FD', `handle ${handle}`);
  const known = file.prime.dmaBuf(handle);
  if (known !== null) return known.get();
  const exported = object.importOf ?? object.dmaBuf ?? file.device.dmaBufOf(object)?.openFiles[0];
  const dmaBuf = exported?.get() ?? file.device.exportObject(object, task, flags);
  keep(object, dmaBuf);
  file.prime.add(dmaBuf, handle);
  return dmaBuf;
}

/**
 * drm_gem_prime_fd_to_handle: a handle of what the dma-buf is; the one that the file already has, without a further reference,
 * if it has one. EBADF; EINVAL: not a dma-buf; ENODEV: a driver that takes only its own.
 */
export function primeFdToHandle(file: DrmFile, task: Task, fd: number): number {
  const dmaBuf = task.file(fd);
  if (!dmaBuf.isDmaBuf) throw new MemtrackError('EINVAL', 'DRM_IOCTL_PRIME_FD_TO_HANDLE');
  const known = file.prime.handle(dmaBuf);
  if (known !== null) return known;
  const object = file.device.importDmaBuf(task, dmaBuf);
  keep(object, dmaBuf);
  const handle = file.createHandle(object);
  file.prime.add(dmaBuf, handle);
  object.put();
  return handle;
}
