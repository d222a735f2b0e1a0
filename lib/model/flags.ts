import { VM } from '../core/record.ts';

/** Numbers of the system call interface (x86-64, include/uapi) that the model understands. */

export const PAGE = 4096;

export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  ACCMODE: 3,
  CREAT: 0o100,
  EXCL: 0o200,
  TRUNC: 0o1000,
  NONBLOCK: 0o4000,
  /** What open(2) adds on 64-bit, and fdinfo shows. */
  LARGEFILE: 0o100000,
  CLOEXEC: 0o2000000,
} as const;

export const CLONE = {
  VM: 0x100,
  FS: 0x200,
  FILES: 0x400,
  SIGHAND: 0x800,
  VFORK: 0x4000,
  PARENT: 0x8000,
  THREAD: 0x10000,
  PIDFD: 0x1000,
  NEWNS: 0x20000,
  SYSVSEM: 0x40000,
  PARENT_SETTID: 0x100000,
  DETACHED: 0x400000,
  NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000,
  NEWIPC: 0x8000000,
  NEWNET: 0x40000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
} as const;

/** What pthread_create asks for, as far as it matters here. */
export const CLONE_PTHREAD = CLONE.VM | CLONE.FS | CLONE.FILES | CLONE.SIGHAND | CLONE.THREAD;

export const SEEK = { SET: 0, CUR: 1, END: 2 } as const;

export const PROT = { NONE: 0, READ: 1, WRITE: 2, EXEC: 4 } as const;

export const MREMAP = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;

export const MADV = {
  NORMAL: 0,
  RANDOM: 1,
  SEQUENTIAL: 2,
  FREE: 8,
  DONTFORK: 10,
  DOFORK: 11,
  DONTDUMP: 16,
  DODUMP: 17,
  WIPEONFORK: 18,
  KEEPONFORK: 19,
} as const;

export const CLOSE_RANGE = { UNSHARE: 2, CLOEXEC: 4 } as const;

/**
 * What an exporter may say of its mappings besides `VM` (lib/core/record.ts); the core does not see these bits.
 * noMerge: VM_IO, VM_PFNMAP, VM_DONTEXPAND or VM_MIXEDMAP; noRemoval: a vm_ops->close, so that a mapping may give a part to a
 * neighbour, but not itself (can_merge_remove_vma); noExpand: VM_DONTEXPAND or VM_PFNMAP; io: VM_IO.
 * account: VM_ACCOUNT, which the address space sets; sealed: not VM_MAYWRITE though the file is open for writing.
 * Of madvise(2): dontDump: VM_DONTDUMP; random and sequential: VM_RAND_READ and VM_SEQ_READ.
 */
export const VMA = {
  noMerge: 64,
  noExpand: 128,
  io: 256,
  account: 512,
  sealed: 1024,
  dontDump: 2048,
  random: 4096,
  sequential: 8192,
  noRemoval: 16384,
} as const;

/** The bits of `VM`. */
const VM_MASK = 63;

/** What commands carry of a VMA's flags. */
export function commandFlags(flags: number): number {
  return (flags & VM_MASK) | ((flags & VMA.dontDump) === 0 ? 0 : VM.io);
}

/** SCM_MAX_FD: descriptors in one message. */
export const SCM_MAX_FD = 253;

/** Bytes rounded up to whole pages. By division: the remainder of a number beyond 2^31 is slow. */
export function pageAlign(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

/** Whether an address or offset is on a page boundary. */
export function pageAligned(address: number): boolean {
  return Math.floor(address / PAGE) * PAGE === address;
}
