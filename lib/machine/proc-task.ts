import type { Kernel } from '../model/kernel.ts';
import type { Entries } from './plain-nodes.ts';
import { dmabufFdsFile } from './proc-dmabuf-fds.ts';
import { fdDirectory, fdinfoDirectory } from './proc-fd.ts';
import { mapFilesDirectory } from './proc-map-files.ts';
import { mapsFile } from './proc-maps.ts';
import { memtrackFile } from './proc-memtrack.ts';
import { procStat } from './proc-pid.ts';
import type { ProcPid } from './proc-pid.ts';
import { smapsFile, smapsRollupFile } from './proc-smaps.ts';
import { statFile, statmFile } from './proc-stat.ts';
import { statusFile } from './proc-status.ts';
import type { ModelledSystem } from './pseudo-file-system.ts';
import type { PseudoFileNode } from './pseudo-node.ts';

/** Of /proc/[pid] but for its directory of threads, in the order of tgid_base_stuff. */
export function groupEntries({ kernel, tracker }: ModelledSystem, pid: ProcPid): Entries {
  return {
    fd: () => fdDirectory(pid),
    map_files: () => mapFilesDirectory(pid),
    fdinfo: () => fdinfoDirectory(pid),
    ...common(kernel, pid),
    memtrack: () => (tracker === null ? null : memtrackFile(kernel, tracker, pid)),
  };
}

/** Of /proc/[pid]/task/[tid], in the order of tid_base_stuff. */
export function threadEntries({ kernel }: ModelledSystem, pid: ProcPid): Entries {
  return {
    fd: () => fdDirectory(pid),
    fdinfo: () => fdinfoDirectory(pid),
    ...common(kernel, pid),
    dmabuf_fds: () => dmabufFdsFile(pid),
  };
}

/** Of both. */
function common(kernel: Kernel, pid: ProcPid): Entries {
  return {
    status: () => statusFile(pid),
    comm: () => commFile(pid),
    stat: () => statFile(pid),
    statm: () => statmFile(pid),
    maps: () => mapsFile(pid),
    smaps: () => smapsFile(pid, kernel),
    smaps_rollup: () => smapsRollupFile(pid, kernel),
  };
}

function commFile(pid: ProcPid): PseudoFileNode {
  return {
    type: 'file',
    read: () => ({ text: `${pid.demand('read').comm ?? ''}\n`, standIns: [] }),
    stat: () => procStat(pid, 'file', 0o644),
  };
}
