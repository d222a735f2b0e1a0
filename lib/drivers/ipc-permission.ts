import { MemtrackError } from '../core/errors.ts';
import { CAP, capable } from '../model/credentials.ts';
import type { Credentials } from '../model/credentials.ts';
import type { Task } from '../model/task.ts';

/** Who may do what with a System V object (struct kern_ipc_perm). */
export interface IpcOwner {
  readonly uid: number;
  readonly gid: number;
  /** Who made it. */
  readonly cuid: number;
  readonly cgid: number;
}

/** Of who makes an object. */
export function ownerOf({ uid, gid }: Credentials): IpcOwner {
  return { uid: uid.effective, gid: gid.effective, cuid: uid.effective, cgid: gid.effective };
}

/** ipcperms: `asked` are permission bits, for whomever; those of the owner, the group or others decide. EACCES. */
export function checkIpc(task: Task, owner: IpcOwner, mode: number, asked: number, syscall: string): void {
  const { credentials, kernel } = task;
  const wanted = (asked >> 6) | (asked >> 3) | asked;
  const granted = isOwner(credentials, owner) ? mode >> 6 : isInGroup(credentials, owner) ? mode >> 3 : mode;
  if ((wanted & ~granted & 7) === 0 || capable(credentials, CAP.IPC_OWNER, kernel.userNamespace)) return;
  throw new MemtrackError('EACCES', syscall);
}

/** ipcctl_obtain_check: its owner, its maker, or who has CAP_SYS_ADMIN. EPERM. */
export function checkIpcOwner(task: Task, owner: IpcOwner, syscall: string): void {
  const { credentials, kernel } = task;
  if (isOwner(credentials, owner) || capable(credentials, CAP.SYS_ADMIN, kernel.userNamespace)) return;
  throw new MemtrackError('EPERM', syscall);
}

function isOwner({ uid }: Credentials, owner: IpcOwner): boolean {
  return uid.effective === owner.uid || uid.effective === owner.cuid;
}

function isInGroup({ gid, groups }: Credentials, owner: IpcOwner): boolean {
  return [gid.fs, ...groups].some((id) => id === owner.gid || id === owner.cgid);
}
