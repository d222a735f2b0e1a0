import { commitCredentials } from './commit-credentials.ts';
import { ALL_CAPS } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import type { Task } from './task.ts';

/** The program that execve(2) runs, as far as it matters who runs it. */
export interface Program {
  /** Its owner, if it has the set-user-id bit. */
  readonly setuid?: number;
  /** Its group, if it has the set-group-id bit. */
  readonly setgid?: number;
  /** False: the caller may not read it, so that its memory is not dumpable (would_dump). Default true. */
  readonly readable?: boolean;
}

/**
 * Dumpability and credentials of a new program, in the order of begin_new_exec: memory is dumpable again if the caller's real and
 * effective ids are alike, then the new credentials are committed, which may take that back.
 */
export function takeOnCredentials(task: Task, program: Program): void {
  const old = task.credentials;
  const plain = old.uid.real === old.uid.effective && old.gid.real === old.gid.effective;
  task.mm.dumpable = plain && program.readable !== false ? 1 : 0;
  commitCredentials(task, bprmCredentials(old, program));
}

/** cap_bprm_creds_from_file, without capabilities of files: root has them all, others none. */
function bprmCredentials(old: Credentials, program: Program): Credentials {
  const { userNamespace } = old;
  const mapped = userNamespace.maps(program.setuid ?? old.uid.effective, program.setgid ?? old.gid.effective);
  const uid = mapped ? (program.setuid ?? old.uid.effective) : old.uid.effective;
  const gid = mapped ? (program.setgid ?? old.gid.effective) : old.gid.effective;
  const root = userNamespace.root?.uid;
  const permitted = uid === root || old.uid.real === root ? ALL_CAPS : 0n;
  return {
    ...old,
    uid: { real: old.uid.real, effective: uid, saved: uid, fs: uid },
    gid: { real: old.gid.real, effective: gid, saved: gid, fs: gid },
    permitted,
    effective: uid === root ? permitted : 0n,
    keepCaps: false,
  };
}
