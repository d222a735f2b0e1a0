import type { Credentials, Ids } from '../model/credentials.ts';
import { ALL_CAPS } from '../model/credentials.ts';
import type { PidNamespace } from '../model/pid-namespace.ts';
import type { Task } from '../model/task.ts';
import { formatStatus } from '../procfs/status.ts';
import type { Status } from '../procfs/status.ts';
import { memoryFigures } from './memory-figures.ts';
import { procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { PseudoFileNode, PseudoText, Reader } from './pseudo-node.ts';
import { StandIns } from './stand-ins.ts';

/** Slots of a new descriptor table (NR_OPEN_DEFAULT), and of one that has outgrown them. */
const FIRST_SLOTS = 64;
const MORE_SLOTS = 128;
/** What stands for an id that the reader's user namespace has no number for (overflowuid). */
const OVERFLOW_ID = 65534;
const NO_SIGNALS = [0n, 0n, 0n, 0n, 0n] as const;
const REST = 'Seccomp:\t0\nSeccomp_filters:\t0\n';

/** /proc/[pid]/status, which everyone may read. */
export function statusFile(pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    read: (reader) => statusText(pid.demand('read'), reader),
    stat: () => procStat(pid, 'file', 0o444),
  };
}

function statusText(task: Task, reader: Reader): PseudoText {
  const standIns = new StandIns();
  const { credentials } = task;
  const space = reader?.pidNamespace ?? task.kernel.pidNamespace;
  standIns.use(null, 'signals, sessions and seccomp are as of a process that uses none');
  const status: Status = {
    name: task.comm ?? '',
    umask: task.alive ? '0022' : null,
    state: stateOf(task, reader),
    tgid: task.leader.pidIn(space),
    ngid: 0,
    pid: task.pidIn(space),
    ppid: parentIn(task, space),
    tracerPid: 0,
    uid: idsFor(reader, 'uid', credentials.uid),
    gid: idsFor(reader, 'gid', credentials.gid),
    fdSize: task.alive ? slots(task.files.limit) : 0,
    groups: credentials.groups,
    nsTgid: task.leader.numbers.slice(space.level),
    nsPid: task.numbers.slice(space.level),
    nsPgid: task.numbers.slice(space.level).fill(0),
    nsSid: task.numbers.slice(space.level).fill(0),
    kthread: 0,
    mm: task.alive
      ? {
          memory: memoryFigures(task.mm, standIns),
          coreDumping: '0',
          thpEnabled: '1',
          untagMask: '0xffffffffffffffff',
        }
      : null,
    threads: threadsOf(task),
    sigQ: '0/0',
    signals: NO_SIGNALS,
    caps: capsOf(credentials),
    noNewPrivs: 0,
    rest: REST,
  };
  return { text: formatStatus(status), standIns: standIns.list };
}

/** What ps shows of it: whoever reads is running, whoever is there else sleeps. */
export function stateOf(task: Task, reader: Reader): string {
  if (!task.alive) return 'Z (zombie)';
  return task === reader ? 'R (running)' : 'S (sleeping)';
}

/** Live threads, and the leader while it is a zombie. */
export function threadsOf({ group }: Task): number {
  return group.threads.length + (group.leader.alive ? 0 : 1);
}

/** tgid of who waits for it; 0: not in that namespace. Init is outside the model. */
export function parentIn(task: Task, space: PidNamespace): number {
  if (task.parent === null) return space.level === 0 ? 1 : 0;
  return task.parent.pidIn(space);
}

/** What they are called in the reader's user namespace (from_kuid_munged). */
function idsFor(reader: Reader, which: 'uid' | 'gid', { real, effective, saved, fs }: Ids): readonly number[] {
  const space = reader?.credentials.userNamespace;
  const ids = [real, effective, saved, fs];
  if (space === undefined || space.parent === null) return ids;
  return ids.map((id) => (space.root?.[which] === id ? 0 : OVERFLOW_ID));
}

function capsOf({ permitted, effective }: Credentials): readonly bigint[] {
  return [0n, permitted, effective, ALL_CAPS, 0n];
}

/** max_fds: 64, then 128 times a power of two (alloc_fdtable). */
function slots(used: number): number {
  if (used <= FIRST_SLOTS) return FIRST_SLOTS;
  let size = MORE_SLOTS;
  while (size < used) size *= 2;
  return size;
}
