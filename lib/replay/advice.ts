import type { Loss } from './losses.ts';

/** Counters of a strace recording that another strace command would have avoided. */
const AVOIDABLE: ReadonlySet<string> = new Set([
  'signals_suppressed',
  'no_fd_paths',
  'y_without_yy',
  'truncated_arguments',
  'unparsed_line',
  'calls_not_traced_open',
  'calls_not_traced_close',
  'calls_not_traced_mmap',
  'calls_not_traced_munmap',
  'calls_not_traced_clone',
  'calls_not_traced_sendmsg',
  'calls_not_traced_recvmsg',
]);

/** Everything that a replay needs: all tasks, names of descriptors with the peers of sockets, times, no cut, no -q. */
export const STRACE_COMMAND = 'strace -f -yy -ttt -s 4096 -e trace=%desc,%memory,%process,%network -o FILE COMMAND';

/** How to record what a strace recording lacks; null: it lacks nothing that strace could have told. */
export function adviceFor(origin: string, losses: readonly Loss[]): string | null {
  const lacking = losses.some(({ name, count }) => count > 0 && AVOIDABLE.has(name));
  return origin === 'strace' && lacking ? `to record what is missing: ${STRACE_COMMAND}` : null;
}
