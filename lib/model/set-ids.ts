import { MemtrackError } from '../core/errors.ts';
import { commitCredentials } from './commit-credentials.ts';
import { CAP, capable, FS_CAPS, includesCaps, same } from './credentials.ts';
import type { Credentials, Ids } from './credentials.ts';
import type { Task } from './task.ts';

type Which = 'uid' | 'gid';

/** Leaves an id as it is. */
export const KEEP = -1;

/** setuid(2), setgid(2): all four ids with CAP_SETUID, else the effective one, to the real or saved one. EPERM. */
export function setId(task: Task, which: Which, id: number): void {
  check(task, which, id, `set${which}`);
  const old = task.credentials[which];
  if (privileged(task, which)) commit(task, which, same(id));
  else if (id === old.real || id === old.saved) commit(task, which, { ...old, effective: id, fs: id });
  else throw new MemtrackError('EPERM', `set${which}`);
}

/** setreuid(2), setregid(2): the saved id follows if the real one is set, or the effective one to something else than that. */
export function setReal(task: Task, which: Which, real: number, effective: number): void {
  const syscall = which === 'uid' ? 'setreuid' : 'setregid';
  for (const id of [real, effective]) check(task, which, id, syscall, true);
  const old = task.credentials[which];
  const may = privileged(task, which);
  if (!may && real !== KEEP && real !== old.real && real !== old.effective) throw new MemtrackError('EPERM', syscall);
  if (!may && effective !== KEEP && !among(effective, old)) throw new MemtrackError('EPERM', syscall);
  const next = effective === KEEP ? old.effective : effective;
  const saved = real !== KEEP || (effective !== KEEP && effective !== old.real) ? next : old.saved;
  commit(task, which, { real: real === KEEP ? old.real : real, effective: next, saved, fs: next });
}

/** setresuid(2), setresgid(2): each to one of the three that are, or with CAP_SETUID to any. EPERM. */
export function setAll(task: Task, which: Which, real: number, effective: number, saved: number): void {
  const syscall = which === 'uid' ? 'setresuid' : 'setresgid';
  const old = task.credentials[which];
  const may = privileged(task, which);
  for (const id of [real, effective, saved]) check(task, which, id, syscall, true);
  for (const id of [real, effective, saved])
    if (!may && id !== KEEP && !among(id, old)) throw new MemtrackError('EPERM', syscall);
  const unchanged =
    (real === KEEP || real === old.real) &&
    (effective === KEEP || (effective === old.effective && effective === old.fs)) &&
    (saved === KEEP || saved === old.saved);
  if (unchanged) return;
  const next = effective === KEEP ? old.effective : effective;
  commit(task, which, {
    real: real === KEEP ? old.real : real,
    effective: next,
    saved: saved === KEEP ? old.saved : saved,
    fs: next,
  });
}

/** setfsuid(2), setfsgid(2): returns the id before, and fails by changing nothing. */
export function setFs(task: Task, which: Which, id: number): number {
  const old = task.credentials[which];
  if (!(Number.isInteger(id) && id >= 0) || !(among(id, old) || id === old.fs || privileged(task, which)))
    return old.fs;
  const next = { ...task.credentials, [which]: { ...old, fs: id } };
  commitCredentials(task, which === 'uid' ? { ...next, effective: fsCaps(task.credentials, next) } : next);
  return old.fs;
}

/** capset(2). EPERM: more than permitted, or effective beyond the new permitted. */
export function setCaps(task: Task, permitted: bigint, effective: bigint): void {
  const old = task.credentials;
  if (!includesCaps(old.permitted, permitted) || !includesCaps(permitted, effective))
    throw new MemtrackError('EPERM', 'capset');
  commitCredentials(task, { ...old, permitted, effective });
}

/** setgroups(2). EPERM: without CAP_SETGID. */
export function setGroups(task: Task, groups: readonly number[]): void {
  for (const group of groups) check(task, 'gid', group, 'setgroups');
  if (!privileged(task, 'gid')) throw new MemtrackError('EPERM', 'setgroups');
  task.credentials = { ...task.credentials, groups: [...groups] };
}

function privileged(task: Task, which: Which): boolean {
  const { credentials } = task;
  return capable(credentials, which === 'uid' ? CAP.SETUID : CAP.SETGID, credentials.userNamespace);
}

function among(id: number, old: Ids): boolean {
  return id === old.real || id === old.effective || id === old.saved;
}

function commit(task: Task, which: Which, ids: Ids): void {
  const old = task.credentials;
  const next = { ...old, [which]: ids };
  commitCredentials(task, which === 'uid' ? fixCaps(old, next) : next);
}

/** cap_task_fix_setuid: what leaving or taking on uid 0 does to capabilities. */
function fixCaps(old: Credentials, next: Credentials): Credentials {
  const root = next.userNamespace.root?.uid ?? NaN;
  const isRoot = ({ real, effective, saved }: Ids): boolean => real === root || effective === root || saved === root;
  let { permitted, effective } = next;
  if (isRoot(old.uid) && !isRoot(next.uid) && !next.keepCaps) permitted = effective = 0n;
  if (old.uid.effective === root && next.uid.effective !== root) effective = 0n;
  if (old.uid.effective !== root && next.uid.effective === root) effective = permitted;
  return { ...next, permitted, effective };
}

/** cap_task_fix_setuid for LSM_SETID_FS: what goes with fsuid 0 alone. */
function fsCaps(old: Credentials, next: Credentials): bigint {
  const root = next.userNamespace.root?.uid ?? NaN;
  if (old.uid.fs === root && next.uid.fs !== root) return next.effective & ~FS_CAPS;
  if (old.uid.fs !== root && next.uid.fs === root) return next.effective | (next.permitted & FS_CAPS);
  return next.effective;
}

/** EINVAL: no id, or none in the task's user namespace (make_kuid). */
function check(task: Task, which: Which, id: number, syscall: string, keep = false): void {
  if (keep && id === KEEP) return;
  const known = Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1;
  if (!known || !task.credentials.userNamespace.mapsId(which, id))
    throw new MemtrackError('EINVAL', syscall, String(id));
}
