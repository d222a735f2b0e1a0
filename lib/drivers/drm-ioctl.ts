import { MemtrackError } from '../core/errors.ts';
import type { Task } from '../model/task.ts';
import type { Drm } from './drm.ts';

/** DRM_IOCTL_ numbers (include/uapi/drm/drm.h) of what is modelled. */
export const DRM_IOCTL = {
  GEM_CLOSE: 0x40086409,
  GEM_FLINK: 0xc008640a,
  GEM_OPEN: 0xc010640b,
  PRIME_HANDLE_TO_FD: 0xc00c642d,
  PRIME_FD_TO_HANDLE: 0xc00c642e,
  MODE_ADDFB: 0xc01c64ae,
  MODE_RMFB: 0xc00464af,
  MODE_CREATE_DUMB: 0xc02064b2,
  MODE_MAP_DUMB: 0xc01064b3,
  MODE_DESTROY_DUMB: 0xc00464b4,
} as const;

/** Bytes of the largest argument. */
const LARGEST = 32;
const READ = 2;
const WRITE = 1;

interface Call {
  readonly drm: Drm;
  readonly task: Task;
  readonly fd: number;
  /** Of the argument, with zeros after it. */
  readonly view: DataView;
}

/**
 * ioctl(2) of a DRM node with the structures of <drm/drm.h>, as drm_ioctl() takes them: told apart by number alone, a shorter
 * argument is one with zeros, and what is answered is written to it. EBADF; ENOTTY: no DRM file, or not a DRM command; EINVAL: a
 * command that is not modelled; EFAULT: there is no argument; and what the command says.
 *
 * @example
 * const { card } = kernel.drmDevice('vgem');
 * const fd = kernel.drm.open(task, card.path);
 * const dumb = new DataView(new ArrayBuffer(32));
 * [480, 640, 32].forEach((value, at) => dumb.setUint32(4 * at, value, true)); // height, width, bpp
 * drmIoctl(kernel.drm, task, fd, DRM_IOCTL.MODE_CREATE_DUMB, new Uint8Array(dumb.buffer));
 * dumb.getUint32(16, true); // 1
 */
export function drmIoctl(drm: Drm, task: Task, fd: number, command: number, argument: Uint8Array | null): void {
  drm.file(task, fd);
  if (((command >>> 8) & 0xff) !== 0x64) throw refused('ENOTTY', command);
  const run = COMMANDS.get(command & 0xff);
  if (run === undefined) throw refused('EINVAL', command);
  const size = (command >>> 16) & 0x3fff;
  const direction = command >>> 30;
  if (size > 0 && (argument === null || argument.length < size)) throw refused('EFAULT', command);
  const bytes = new Uint8Array(Math.max(size, LARGEST));
  if ((direction & WRITE) !== 0 && argument !== null) bytes.set(argument.subarray(0, size));
  run({ drm, task, fd, view: new DataView(bytes.buffer) });
  if ((direction & READ) !== 0) argument?.set(bytes.subarray(0, size));
}

/** By number. */
const COMMANDS: ReadonlyMap<number, (call: Call) => void> = new Map([
  [DRM_IOCTL.GEM_CLOSE & 0xff, gemClose],
  [DRM_IOCTL.GEM_FLINK & 0xff, gemFlink],
  [DRM_IOCTL.GEM_OPEN & 0xff, gemOpen],
  [DRM_IOCTL.PRIME_HANDLE_TO_FD & 0xff, primeHandleToFd],
  [DRM_IOCTL.PRIME_FD_TO_HANDLE & 0xff, primeFdToHandle],
  [DRM_IOCTL.MODE_ADDFB & 0xff, addFb],
  [DRM_IOCTL.MODE_RMFB & 0xff, rmFb],
  [DRM_IOCTL.MODE_CREATE_DUMB & 0xff, createDumb],
  [DRM_IOCTL.MODE_MAP_DUMB & 0xff, mapDumb],
  [DRM_IOCTL.MODE_DESTROY_DUMB & 0xff, destroyDumb],
]);

/** struct drm_gem_close. */
function gemClose({ drm, task, fd, view }: Call): void {
  drm.gemClose(task, fd, view.getUint32(0, true));
}

/** struct drm_gem_flink. */
function gemFlink({ drm, task, fd, view }: Call): void {
  view.setUint32(4, drm.gemFlink(task, fd, view.getUint32(0, true)), true);
}

/** struct drm_gem_open. */
function gemOpen({ drm, task, fd, view }: Call): void {
  const { handle, size } = drm.gemOpen(task, fd, view.getUint32(0, true));
  view.setUint32(4, handle, true);
  view.setBigUint64(8, BigInt(size), true);
}

/** struct drm_prime_handle. */
function primeHandleToFd({ drm, task, fd, view }: Call): void {
  view.setInt32(8, drm.primeHandleToFd(task, fd, view.getUint32(0, true), view.getUint32(4, true)), true);
}

function primeFdToHandle({ drm, task, fd, view }: Call): void {
  view.setUint32(0, drm.primeFdToHandle(task, fd, view.getInt32(8, true)), true);
}

/** struct drm_mode_fb_cmd. */
function addFb({ drm, task, fd, view }: Call): void {
  const field = (at: number): number => view.getUint32(at, true);
  const picture = { width: field(4), height: field(8), pitch: field(12), bpp: field(16), depth: field(20) };
  view.setUint32(0, drm.addFramebuffer(task, fd, { handle: field(24), ...picture }), true);
}

function rmFb({ drm, task, fd, view }: Call): void {
  drm.removeFramebuffer(task, fd, view.getUint32(0, true));
}

/** struct drm_mode_create_dumb. */
function createDumb({ drm, task, fd, view }: Call): void {
  const field = (at: number): number => view.getUint32(at, true);
  const { handle, pitch, size } = drm.createDumb(task, fd, field(4), field(0), field(8));
  view.setUint32(16, handle, true);
  view.setUint32(20, pitch, true);
  view.setBigUint64(24, BigInt(size), true);
}

/** struct drm_mode_map_dumb. */
function mapDumb({ drm, task, fd, view }: Call): void {
  view.setBigUint64(8, BigInt(drm.mapDumb(task, fd, view.getUint32(0, true))), true);
}

/** struct drm_mode_destroy_dumb. */
function destroyDumb({ drm, task, fd, view }: Call): void {
  drm.destroyDumb(task, fd, view.getUint32(0, true));
}

function refused(code: 'ENOTTY' | 'EINVAL' | 'EFAULT', command: number): MemtrackError {
  return new MemtrackError(code, 'ioctl', `0x${(command >>> 0).toString(16)}`);
}
