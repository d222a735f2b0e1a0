import type { UserNamespace } from './user-namespace.ts';

/** Capabilities by number (include/uapi/linux/capability.h) that the model asks for. */
export const CAP = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  LINUX_IMMUTABLE: 9,
  IPC_OWNER: 15,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_RESOURCE: 24,
  MKNOD: 27,
  MAC_OVERRIDE: 32,
  CHECKPOINT_RESTORE: 40,
} as const;

/** Every capability that there is. */
export const ALL_CAPS = (1n << 41n) - 1n;

/** A set of capabilities, as bits. */
export function caps(...numbers: readonly number[]): bigint {
  return numbers.reduce((set, cap) => set | (1n << BigInt(cap)), 0n);
}

/** What goes with fsuid 0 (CAP_FS_SET). */
export const FS_CAPS = caps(
  CAP.CHOWN,
  CAP.MKNOD,
  CAP.DAC_OVERRIDE,
  CAP.DAC_READ_SEARCH,
  CAP.FOWNER,
  CAP.FSETID,
  CAP.LINUX_IMMUTABLE,
  CAP.MAC_OVERRIDE,
);

/** Ids of a user, or of a group. */
export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  /** For access to files. */
  readonly fs: number;
}

/** struct cred: who a task is. Never changed, only replaced. */
export interface Credentials {
  readonly uid: Ids;
  readonly gid: Ids;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Capabilities it may make effective. */
  readonly permitted: bigint;
  /** Capabilities that count. */
  readonly effective: bigint;
  readonly userNamespace: UserNamespace;
  /** PR_SET_KEEPCAPS: leaving uid 0 does not lose `permitted`. */
  readonly keepCaps: boolean;
}

export interface CredentialOptions {
  /** All four. Default 0. */
  readonly uid?: number;
  /** All four. Default 0. */
  readonly gid?: number;
  readonly groups?: readonly number[];
  /** Permitted and effective. Default: all for uid 0, none for others. */
  readonly caps?: bigint;
}

/** Credentials as after a login: all four ids alike. */
export function makeCredentials(userNamespace: UserNamespace, options: CredentialOptions = {}): Credentials {
  const { uid = 0, gid = 0, groups = [] } = options;
  const permitted = options.caps ?? (uid === 0 ? ALL_CAPS : 0n);
  return { uid: same(uid), gid: same(gid), groups, permitted, effective: permitted, userNamespace, keepCaps: false };
}

/** One id in all four places. */
export function same(id: number): Ids {
  return { real: id, effective: id, saved: id, fs: id };
}

/**
 * cap_capable: a capability counts in the namespace it is held in and in those below; who made a namespace has all of them in
 * it, if he is in the one above.
 */
export function capable(credentials: Credentials, cap: number, target: UserNamespace): boolean {
  const mine = credentials.userNamespace;
  for (let space = target; ;) {
    if (space === mine) return (credentials.effective & (1n << BigInt(cap))) !== 0n;
    if (space.level <= mine.level || space.parent === null) return false;
    if (space.parent === mine && space.owner === credentials.uid.effective) return true;
    space = space.parent;
  }
}

/** Whether `set` has all of `subset`. */
export function includesCaps(set: bigint, subset: bigint): boolean {
  return (subset & ~set) === 0n;
}
