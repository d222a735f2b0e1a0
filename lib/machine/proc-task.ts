import type { Entries } from './plain-nodes.ts';
import { dmabufFdsFile } from './proc-dmabuf-fds.ts';
import { fdDirectory, fdinfoDirectory } from './proc-fd.ts';
import { mapsFile } from './proc-maps.ts';
import { memtrackFile } from './proc-memtrack.ts';
import { procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import type { ModelledSystem } from './pseudo-file-system.ts';
import type { PseudoFileNode } from './pseudo-node.ts';

/** Of /proc/[pid] but for its directory of threads, in the order of tgid_base_stuff. */
export function groupEntries({ kernel, tracker }: ModelledSystem, pid: ProcPid): Entries {
  return {
    fd: () => fdDirectory(pid),
    fdinfo: () => fdinfoDirectory(pid),
    comm: () => commFile(pid),
    maps: () => mapsFile(pid),
    memtrack: () => (tracker === null ? null : memtrackFile(kernel, tracker, pid)),
  };
}

/** Of /proc/[pid]/task/[tid], in the order of tid_base_stuff. */
export function threadEntries(_system: ModelledSystem, pid: ProcPid): Entries {
  return {
    fd: () => fdDirectory(pid),
    fdinfo: () => fdinfoDirectory(pid),
    comm: () => commFile(pid),
    maps: () => mapsFile(pid),
    dmabuf_fds: () => dmabufFdsFile(pid),
  };
}

function commFile(pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    read: () => ({ text: `${pid.demand('read').comm ?? ''}\n`, standIns: [] }),
    stat: () => procStat(pid, 'file', 0o644),
  };
}
