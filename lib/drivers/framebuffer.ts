import { MemtrackError } from '../core/errors.ts';
import type { DrmFile } from './drm-file.ts';
import type { GemObject } from './gem-object.ts';

/** DRM_IOCTL_MODE_ADDFB's argument. */
export interface AddFramebuffer {
  readonly handle: number;
  readonly width: number;
  readonly height: number;
  /** Bytes per line. */
  readonly pitch: number;
  /** Bits per pixel; default 32. */
  readonly bpp?: number;
  /** Bits of colour; default 24, or `bpp` if that is not 32. */
  readonly depth?: number;
  /** The id as it was observed, which must be free; default the lowest free. */
  readonly id?: number;
}

/** A picture for scanout (struct drm_framebuffer): a holder of a GEM object, with its handle closed too. */
export interface Framebuffer {
  readonly id: number;
  readonly object: GemObject;
  readonly width: number;
  readonly height: number;
  readonly pitch: number;
  /** Fourcc. */
  readonly format: string;
  /** comm of the task that made it. */
  readonly allocator: string;
  /** References: by its file, and by scanout. */
  readonly refs: number;
  readonly since: bigint;
}

/** drm_mode_legacy_fb_format: fourccs, and bytes per pixel. */
const FORMATS: Readonly<Record<string, readonly [string, number]>> = {
  '8/8': ['C8  ', 1],
  '16/15': ['XR15', 2],
  '16/16': ['RG16', 2],
  '24/24': ['RG24', 3],
  '32/24': ['XR24', 4],
  '32/30': ['XR30', 4],
  '32/32': ['AR24', 4],
};

/**
 * drm_mode_addfb: a framebuffer of an object that the file has a handle of. EINVAL: format, size or pitch; ERANGE: it ends
 * beyond 4 GiB; ENOENT (of some drivers EINVAL): handle; EBUSY: the id asked for is taken.
 */
export function addFramebuffer(file: DrmFile, comm: string, options: AddFramebuffer): number {
  const { device } = file;
  const { handle, width, height, pitch, bpp = 32, depth = bpp === 32 ? 24 : bpp } = options;
  const [format, bytes] = FORMATS[`${bpp}/${depth}`] ?? ['', 0];
  const [least, most] = device.driver.extent ?? [0, 16384];
  if (format === '' || width < least || width > most || height < least || height > most)
    throw invalid('size or format');
  if (width === 0 || height === 0 || handle === 0) throw invalid('size or handle');
  if (height * pitch > 0xffffffff) throw new MemtrackError('ERANGE', 'DRM_IOCTL_MODE_ADDFB');
  if (pitch < width * bytes) throw invalid(`pitch ${pitch}`);
  if (device.driver.formats?.includes(format) === false)
    throw new MemtrackError('ENOENT', 'DRM_IOCTL_MODE_ADDFB', `format ${format}`);
  const object = file.object(handle);
  if (object === null)
    throw new MemtrackError(device.driver.unknownHandle ?? 'ENOENT', 'DRM_IOCTL_MODE_ADDFB', `handle ${handle}`);
  if (object.size < (height - 1) * pitch + width * bytes) throw invalid('the object is too small');
  const framebuffer = device.createFramebuffer({ object, width, height, pitch, format, allocator: comm }, options.id);
  file.framebuffers.unshift(framebuffer);
  device.kernel.held(file.file, object.buffer);
  return framebuffer.id;
}

/** drm_mode_rmfb. ENOENT: not one of this file's. */
export function removeFramebuffer(file: DrmFile, id: number): void {
  const at = file.framebuffers.findIndex((framebuffer) => framebuffer.id === id);
  const framebuffer = file.framebuffers[at];
  if (framebuffer === undefined) throw new MemtrackError('ENOENT', 'DRM_IOCTL_MODE_RMFB', String(id));
  file.framebuffers.splice(at, 1);
  file.device.kernel.unheld(file.file, framebuffer.object.buffer);
  file.device.destroyFramebuffer(framebuffer);
}

function invalid(why: string): MemtrackError {
  return new MemtrackError('EINVAL', 'DRM_IOCTL_MODE_ADDFB', why);
}
