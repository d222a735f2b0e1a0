/** A pid for people; 0, which no process has, is that of a recording without pids. */
export function showPid(pid: number): string {
  return pid === 0 ? '-' : String(pid);
}
