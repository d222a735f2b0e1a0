export type Severity = 'info' | 'error' | 'data-loss';

/** Something that was lost, guessed or ignored, how often, and what it means for the answer. */
export interface Loss {
  readonly name: string;
  readonly severity: Severity;
  readonly count: number;
  /** A sentence for the user. */
  readonly meaning: string;
}

/**
 * Everything a replay can lose, guess or ignore; what a decoder can is in its own registry. No event is passed over
 * without one of these, or without meaning nothing for buffers.
 */
export const LOSSES = {
  task_without_start: [
    'info',
    'Tasks were already running when the recording began; what they held by then shows only when they use it.',
  ],
  task_pid_taken: [
    'data-loss',
    'A process began with the pid of one that still seemed alive: the end of the older one was not recorded, and it was ended here.',
  ],
  clone_contradicted: ['error', 'Clones by tasks whose pid their child has got were ignored.'],
  clone_late: [
    'error',
    'A task was seen before the clone that made it; what it inherited is taken from its parent as it was then, and marked inferred.',
  ],
  clone_refused: ['error', 'A clone with flags that no kernel accepts was replayed as a fork.'],
  task_event_after_end: ['error', 'Events of tasks that had ended were ignored.'],
  task_unknown: ['error', 'Events name a task that the recording never introduced; they were ignored.'],
  fd_out_of_range: ['error', 'Events with an impossible descriptor number were ignored; the file may be damaged.'],
  fd_lost_close: [
    'data-loss',
    'A descriptor was made where another was still open: its close was not recorded and was done here.',
  ],
  fd_changed_unseen: [
    'data-loss',
    'A descriptor turned out to be something else than was recorded last: what happened in between was not recorded.',
  ],
  fd_close_unknown: ['info', 'Descriptors that the recording never showed were closed; mostly they existed before it.'],
  fd_use_unknown: [
    'info',
    'Descriptors that the recording never showed were used or copied; mostly they existed before it.',
  ],
  fd_gap_too_wide: [
    'info',
    'Descriptors below a very high one were not taken as open; inferred descriptors may be wrong.',
  ],
  fd_inferred: [
    'info',
    'The descriptor of a new dma-buf is not in the recording; the lowest free one was taken (marked inferred until it is seen in use).',
  ],
  fd_inferred_moved: ['info', 'A descriptor that had been inferred showed up elsewhere, and was moved there.'],
  fd_inferred_contradicted: [
    'error',
    'A descriptor that had been inferred turned out to be another file; the buffer it was taken for may still be held.',
  ],
  exec_cloexec_unknown: [
    'error',
    'Descriptors of dma-bufs were taken to stay open over an execve, though the ioctl that made them may have marked them close-on-exec; they are marked inferred.',
  ],
  buffer_size_unknown: [
    'data-loss',
    'The size of a buffer is not in the recording; sums are lower bounds, from the farthest mapping seen.',
  ],
  buffer_before_recording: ['info', 'Buffers existed before the recording, or came in ways it does not show.'],
  buffer_name_unknown: ['info', 'A buffer got a name that the recording does not show.'],
  name_resolved: [
    'error',
    'A descriptor that came in a way not recorded was taken for the only live buffer of its name.',
  ],
  shm_lost_unlink: [
    'data-loss',
    'A shared memory file was made anew though its name was in use: an unlink was not recorded and was done here.',
  ],
  shm_lost_create: [
    'info',
    'A shared memory file was truncated, unlinked or opened by name that was made before the recording.',
  ],
  receive_by_names: [
    'error',
    'Messages with descriptors were paired with their sends by the names of the descriptors: the sockets do not identify each other.',
  ],
  receive_without_send: ['data-loss', 'Descriptors were received, but their send was not recorded.'],
  receive_unknown: [
    'data-loss',
    'Received descriptors cannot be identified at all: each is taken for a buffer of its own, of unknown kind and size.',
  ],
  receive_count_differs: ['error', 'A message was received with another number of descriptors than was sent.'],
  receive_truncated: ['info', 'A receiver had no room for all descriptors of a message; the kernel dropped the rest.'],
  send_skipped: [
    'data-loss',
    'A message that was sent earlier on a socket was passed over, as a later one fits what was received; it was dropped.',
  ],
  send_dropped: ['info', 'Messages with descriptors were still unread when their socket was closed, and went with it.'],
  send_unknown_fd: ['info', 'Descriptors of unknown kind were sent.'],
  map_unknown_fd: [
    'info',
    'Descriptors that the recording never showed were mapped; if they were buffers, those mappings are missing.',
  ],
  task_joined_late: [
    'info',
    'Tasks were taken for processes until the recording told that they are threads; what they held is their process’s.',
  ],
  inode_used_again: [
    'data-loss',
    'A buffer was exported with the inode of one that still seemed alive: the end of the older one was not recorded, and it was ended here.',
  ],
  released_while_held: [
    'data-loss',
    'The last reference to a buffer went though descriptors or mappings of it seemed to be left: how they were closed was not recorded.',
  ],
  map_end_unknown: [
    'error',
    'Buffers were mapped, but where, and when that ends, was not recorded: the process is taken to hold them until it ends or executes a program.',
  ],
  binder_target_unknown: [
    'data-loss',
    'Descriptors were passed by binder to a process that the recording does not name.',
  ],
  allocation_twice: [
    'data-loss',
    'A buffer was allocated with the identity of one that still seemed alive: the free of the older one was not recorded.',
  ],
  allocation_without_identity: [
    'info',
    'Allocations were recorded that cannot be told apart: only their sum is known.',
  ],
  free_of_older: ['info', 'Buffers were freed whose allocation is not in the recording: they are older.'],
  free_size_differs: ['error', 'A buffer was freed with another size than it was allocated with.'],
  total_inconsistent: [
    'data-loss',
    'The allocator’s own total changed by more than the events tell: events are missing between.',
  ],
  total_reordered: ['info', 'Totals were printed in another order than they changed; no event is missing.'],
  record_op_unknown: ['error', 'Records of a kind this version does not know were ignored.'],
  record_other_family: [
    'error',
    'The recording mixes events with accounting commands; those that do not belong to the kind it began with were ignored.',
  ],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>;

export type LossName = keyof typeof LOSSES;

/** Counts of one replay. */
export class Losses {
  readonly #counts = new Map<LossName, number>();

  count(name: LossName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  get(name: LossName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** What was counted, in the registry's order. */
  list(): Loss[] {
    return Object.entries(LOSSES).flatMap(([name, [severity, meaning]]) => {
      const count = this.get(name as LossName);
      return count > 0 ? [{ name, severity, count, meaning }] : [];
    });
  }
}
