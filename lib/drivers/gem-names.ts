import { MemtrackError } from '../core/errors.ts';
import type { DrmFile } from './drm-file.ts';

/** drm_gem_flink_ioctl: the object's name on its device, the same each time. It holds nothing. ENOENT: no such handle. */
export function gemFlink(file: DrmFile, handle: number): number {
  const object = file.object(handle);
  if (object === null) throw new MemtrackError('ENOENT', 'DRM_IOCTL_GEM_FLINK', `handle ${handle}`);
  if (object.name === 0) object.name = file.device.names.allocate(object);
  return object.name;
}

/** What DRM_IOCTL_GEM_OPEN gives back. */
export interface GemOpened {
  readonly handle: number;
  /** Bytes. */
  readonly size: number;
}

/** drm_gem_open_ioctl: always a new handle. ENOENT: no such name. */
export function gemOpen(file: DrmFile, name: number): GemOpened {
  const object = file.device.names.get(name);
  if (object === null) throw new MemtrackError('ENOENT', 'DRM_IOCTL_GEM_OPEN', `name ${name}`);
  return { handle: file.createHandle(object), size: object.size };
}
