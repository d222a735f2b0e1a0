import { CAP, capable } from './credentials.ts';
import type { Credentials } from './credentials.ts';

/** What is asked of an inode. */
export const MAY = { EXEC: 1, WRITE: 2, READ: 4 } as const;

export interface OwnedInode {
  readonly directory: boolean;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** generic_permission, without ACLs: the mode's bits for the owner, the group or others, then capabilities. */
export function inodeAllows(credentials: Credentials, inode: OwnedInode, mask: number): boolean {
  const { mode, uid, gid } = inode;
  const mine = credentials.uid.fs === uid;
  const ours = credentials.gid.fs === gid || credentials.groups.includes(gid);
  const bits = mine ? mode >> 6 : ours ? mode >> 3 : mode;
  if ((bits & mask) === mask) return true;
  const { userNamespace } = credentials;
  if (!userNamespace.maps(uid, gid)) return false;
  const has = (cap: number): boolean => capable(credentials, cap, userNamespace);
  const search = inode.directory ? (mask & MAY.WRITE) === 0 : mask === MAY.READ;
  if (search && has(CAP.DAC_READ_SEARCH)) return true;
  const runnable = inode.directory || (mask & MAY.EXEC) === 0 || (mode & 0o111) !== 0;
  return runnable && has(CAP.DAC_OVERRIDE);
}
