/** A program: what actors (tasks, by the number of their slot) do, one system call a step. All numbers are literal arguments. */

export type Step =
  | { readonly op: 'memfd'; readonly by: number; readonly name: number; readonly flags: number; readonly size: number }
  | { readonly op: 'dup'; readonly by: number; readonly fd: number }
  | { readonly op: 'dup2'; readonly by: number; readonly fd: number; readonly to: number }
  | { readonly op: 'dup3'; readonly by: number; readonly fd: number; readonly to: number; readonly flags: number }
  | { readonly op: 'dupfd'; readonly by: number; readonly fd: number; readonly from: number; readonly cloexec: boolean }
  | { readonly op: 'close'; readonly by: number; readonly fd: number }
  | { readonly op: 'setfd'; readonly by: number; readonly fd: number; readonly cloexec: boolean }
  | {
      readonly op: 'closeRange';
      readonly by: number;
      readonly first: number;
      readonly last: number;
      readonly flags: number;
    }
  /** open(2) of /proc/thread-self/fd/N: another open file of the same buffer. */
  | { readonly op: 'reopen'; readonly by: number; readonly fd: number; readonly flags: number }
  /** `signal`: what the parent is sent, 0 or SIGCHLD. */
  | {
      readonly op: 'clone';
      readonly by: number;
      readonly child: number;
      readonly flags: number;
      readonly signal: number;
    }
  | { readonly op: 'unshare'; readonly by: number }
  | { readonly op: 'exec'; readonly by: number }
  | { readonly op: 'exit'; readonly by: number; readonly status: number }
  | { readonly op: 'exitGroup'; readonly by: number; readonly status: number }
  /** Someone outside kills the process of `by`. */
  | { readonly op: 'kill'; readonly by: number; readonly signal: number }
  /** `child` null: any. */
  | { readonly op: 'wait'; readonly by: number; readonly child: number | null; readonly flags: number }
  | { readonly op: 'name'; readonly by: number; readonly name: number }
  | { readonly op: 'subreaper'; readonly by: number; readonly on: boolean }
  | { readonly op: 'socketpair'; readonly by: number; readonly name: number; readonly cloexec: boolean }
  | { readonly op: 'socket'; readonly by: number; readonly name: number; readonly cloexec: boolean }
  | { readonly op: 'bind'; readonly by: number; readonly fd: number; readonly name: number }
  | { readonly op: 'listen'; readonly by: number; readonly fd: number; readonly backlog: number }
  | { readonly op: 'connect'; readonly by: number; readonly fd: number; readonly name: number }
  | {
      readonly op: 'accept';
      readonly by: number;
      readonly fd: number;
      readonly name: number;
      readonly cloexec: boolean;
    }
  | { readonly op: 'send'; readonly by: number; readonly socket: number; readonly fds: readonly number[] }
  | {
      readonly op: 'receive';
      readonly by: number;
      readonly socket: number;
      readonly control: number;
      readonly cloexec: boolean;
      readonly peek: boolean;
    }
  | {
      readonly op: 'mmap';
      readonly by: number;
      readonly address: number;
      readonly length: number;
      readonly prot: number;
      readonly shared: boolean;
      readonly place: 'hint' | 'fixed' | 'noReplace';
      readonly fd: number;
      readonly offset: number;
    }
  | { readonly op: 'shmget'; readonly by: number; readonly key: number; readonly size: number; readonly flags: number }
  /** Segments are numbered in the order in which ids were first given out. */
  | {
      readonly op: 'shmat';
      readonly by: number;
      readonly segment: number;
      readonly address: number;
      readonly flags: number;
    }
  | { readonly op: 'shmdt'; readonly by: number; readonly address: number }
  | { readonly op: 'shmctl'; readonly by: number; readonly segment: number; readonly command: number }
  | { readonly op: 'ring'; readonly by: number; readonly entries: number }
  /** Of a sparse table `at` is its length, of an update its first slot. */
  | {
      readonly op: 'ringFiles';
      readonly by: number;
      readonly ring: number;
      readonly how: 'register' | 'sparse' | 'update' | 'unregister';
      readonly at: number;
      readonly fds: readonly number[];
    }
  | { readonly op: 'epoll'; readonly by: number; readonly flags: number }
  | {
      readonly op: 'epollCtl';
      readonly by: number;
      readonly epoll: number;
      readonly how: 'add' | 'modify' | 'delete';
      readonly fd: number;
    }
  | { readonly op: 'munmap'; readonly by: number; readonly address: number; readonly length: number }
  | {
      readonly op: 'mprotect';
      readonly by: number;
      readonly address: number;
      readonly length: number;
      readonly prot: number;
    }
  | {
      readonly op: 'mremap';
      readonly by: number;
      readonly address: number;
      readonly oldLength: number;
      readonly newLength: number;
      readonly flags: number;
      readonly newAddress: number;
    }
  | {
      readonly op: 'madvise';
      readonly by: number;
      readonly address: number;
      readonly length: number;
      readonly advice: number;
    }
  | { readonly op: 'ftruncate'; readonly by: number; readonly fd: number; readonly size: number }
  | { readonly op: 'seal'; readonly by: number; readonly fd: number; readonly seals: number }
  | { readonly op: 'limit'; readonly by: number; readonly nofile: number }
  /** pidfd_open of the process of `target`, pidfd_getfd, close of the pidfd. */
  | { readonly op: 'getfd'; readonly by: number; readonly target: number; readonly fd: number };

export interface Program {
  /** By a user of its own without capabilities, else by whoever runs the test. */
  readonly unprivileged: boolean;
  /** Processes that are there at the start, in slots 0 … roots − 1. */
  readonly roots: number;
  readonly steps: readonly Step[];
}

/** Slots that perform.c has. */
export const SLOTS = 32;
