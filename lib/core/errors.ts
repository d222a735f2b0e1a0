/** Linux errno numbers that the model, the core and the kernel's calls return; negative in `MemtrackError.errno`. */
export const ERRNO = {
  EPERM: 1, ENOENT: 2, ESRCH: 3, EINTR: 4, ENXIO: 6, E2BIG: 7, EBADF: 9, ECHILD: 10, EAGAIN: 11, ENOMEM: 12, EACCES: 13, EFAULT: 14,
  EBUSY: 16, EEXIST: 17, ENODEV: 19, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, ENFILE: 23, EMFILE: 24, ENOTTY: 25,
  ENOSPC: 28, ESPIPE: 29, EPIPE: 32, ERANGE: 34, ENAMETOOLONG: 36, ENOSYS: 38, ELOOP: 40, EIDRM: 43, EOVERFLOW: 75, EBADFD: 77, ENOTSOCK: 88, EMSGSIZE: 90, EPROTOTYPE: 91, EOPNOTSUPP: 95,
  EADDRINUSE: 98, ECONNRESET: 104, EISCONN: 106, ENOTCONN: 107, ETOOMANYREFS: 109, ECONNREFUSED: 111,
} as const;

export type ErrnoCode = keyof typeof ERRNO;

const CODES = new Map<number, ErrnoCode>(Object.entries(ERRNO).map(([code, n]) => [n, code as ErrnoCode]));

/**
 * What a modelled call refuses, in the kernel's words.
 *
 * @example
 * try { tracker.remove(buffer); }
 * catch (error) { if (!(error instanceof MemtrackError && error.code === 'EBUSY')) throw error; }
 */
export class MemtrackError extends Error {
  override readonly name = 'MemtrackError';
  readonly code: ErrnoCode;
  /** Negative, as the kernel returns it. */
  readonly errno: number;
  /** The kernel function or system call that refused. */
  readonly syscall: string;

  constructor(code: ErrnoCode, syscall: string, detail?: string) {
    super(`${code}: ${syscall}${detail === undefined ? '' : `: ${detail}`}`);
    this.code = code;
    this.errno = -ERRNO[code];
    this.syscall = syscall;
  }

  /** From a negative errno as the core returns it. */
  static fromErrno(errno: number, syscall: string, detail?: string): MemtrackError {
    return new MemtrackError(CODES.get(-errno) ?? 'EINVAL', syscall, detail);
  }
}
