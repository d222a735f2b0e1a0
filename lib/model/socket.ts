import { MemtrackError } from '../core/errors.ts';
import type { FileOperations } from './file-operations.ts';
import { File } from './file.ts';
import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import { collectSockets } from './socket-gc.ts';

const OPERATIONS: FileOperations = {
  noexec: true,
  poll: true,
  // sock_no_mmap: it can be asked, and refuses.
  mmap: () => {
    throw new MemtrackError('ENODEV', 'mmap');
  },
  release: (file) => {
    if (file instanceof Socket) file.shutdown();
  },
};

/**
 * An AF_UNIX socket, as far as descriptors pass through it: one end of a connected pair (SOCK_STREAM, a byte a message), or
 * one on its own that anyone may send to (SOCK_DGRAM).
 */
export class Socket extends File {
  readonly type: 'stream' | 'datagram';
  /** The other end; null once it is closed, and for datagrams. */
  peer: Socket | null = null;
  /** The other end was closed with messages unread, which the next recvmsg tells once (sk_err). */
  reset = false;
  /** Received and not read, oldest first. */
  readonly queue: Message[] = [];
  readonly #kernel: Kernel;

  private constructor(kernel: Kernel, type: 'stream' | 'datagram') {
    super({ operations: OPERATIONS, path: `socket:[${kernel.nextAnonymousInode()}]` });
    this.#kernel = kernel;
    this.type = type;
    kernel.sockets.add(this);
  }

  /** socketpair(2), before it has fds; each end has one reference, the caller's. */
  static pair(kernel: Kernel): readonly [Socket, Socket] {
    const left = new Socket(kernel, 'stream');
    const right = new Socket(kernel, 'stream');
    left.peer = right;
    right.peer = left;
    return [left, right];
  }

  /** socket(2) and bind(2), before it has a fd; its one reference is the caller's. */
  static datagram(kernel: Kernel): Socket {
    return new Socket(kernel, 'datagram');
  }

  /** unix_release_sock: the other end is told, what was not read is dropped, then cycles of sockets in flight are collected. */
  shutdown(): void {
    this.#kernel.sockets.delete(this);
    if (this.peer !== null) {
      this.peer.peer = null;
      if (this.queue.length > 0) this.peer.reset = true;
    }
    this.peer = null;
    for (const message of this.queue.splice(0)) message.drop();
    if (this.#kernel.socketsInFlight > 0) collectSockets(this.#kernel.sockets);
  }
}
