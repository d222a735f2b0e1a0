import { MemtrackError } from '../core/errors.ts';
import { PAGE } from '../model/flags.ts';
import type { Task } from '../model/task.ts';
import type { DrmFile } from './drm-file.ts';

/** What DRM_IOCTL_MODE_CREATE_DUMB gives back. */
export interface DumbBuffer {
  readonly handle: number;
  /** Bytes per line. */
  readonly pitch: number;
  /** Bytes, of whole pages. */
  readonly size: number;
}

const U32_MAX = 0xffffffff;

/** drm_mode_create_dumb. ENOSYS: the driver has none; EINVAL: nothing, or more than 4 GiB, or refused by the driver. */
export function createDumb(file: DrmFile, task: Task, width: number, height: number, bitsPerPixel: number): DumbBuffer {
  const { device } = file;
  if (device.driver.dumb === undefined) throw new MemtrackError('ENOSYS', 'DRM_IOCTL_MODE_CREATE_DUMB');
  const bytes = Math.ceil(bitsPerPixel / 8);
  const possible =
    width > 0 &&
    height > 0 &&
    bitsPerPixel > 0 &&
    bytes <= Math.floor(U32_MAX / 8) &&
    bytes <= Math.floor(U32_MAX / width) &&
    height <= Math.floor(U32_MAX / (bytes * width)) &&
    height * bytes * width <= U32_MAX - (PAGE - 1);
  const layout = possible ? device.driver.dumb(width, height, bitsPerPixel) : null;
  if (layout === null)
    throw new MemtrackError('EINVAL', 'DRM_IOCTL_MODE_CREATE_DUMB', `${width}x${height}x${bitsPerPixel}`);
  const object = device.createObject(task, layout.size);
  const handle = file.createHandle(object);
  object.put();
  return { handle, ...layout };
}

/** drm_gem_dumb_map_offset: where to mmap the object, in bytes. ENOENT: no such handle; EINVAL: it is an import. */
export function mapDumb(file: DrmFile, handle: number): number {
  if (file.device.driver.dumb === undefined) throw new MemtrackError('ENOSYS', 'DRM_IOCTL_MODE_MAP_DUMB');
  const object = file.object(handle);
  if (object === null) throw new MemtrackError('ENOENT', 'DRM_IOCTL_MODE_MAP_DUMB', `handle ${handle}`);
  if (object.importOf !== null) throw new MemtrackError('EINVAL', 'DRM_IOCTL_MODE_MAP_DUMB', 'imported');
  return object.offset * PAGE;
}
