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
 * An AF_UNIX socket, as far as descriptors pass through it: SOCK_STREAM, a byte a message, or SOCK_DGRAM, which anyone may
 * send to.
 */
export class Socket extends File {
  readonly type: 'stream' | 'datagram';
  /** `connected` also when the other end is closed. */
  state: 'unconnected' | 'listening' | 'connected' = 'unconnected';
  /** The other end; null before it is connected, once the other is closed, and for datagrams. */
  peer: Socket | null = null;
  /** The other end was closed with messages unread, or before it was accepted, which the next recvmsg tells once (sk_err). */
  reset = false;
  /** Received and not read, oldest first. */
  readonly queue: Message[] = [];
  /** Of a listening socket: connected to and not yet accepted, oldest first; each has one reference, the queue's. */
  readonly embryos: Socket[] = [];
  /** Of a listening socket: no more than one beyond it wait to be accepted. */
  backlog = 0;
  /** What it is bound to in the abstract namespace. */
  address: string | null = null;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, type: 'stream' | 'datagram' = 'stream') {
    super({ operations: OPERATIONS, path: `socket:[${kernel.nextAnonymousInode()}]` });
    this.#kernel = kernel;
    this.type = type;
    kernel.sockets.add(this);
  }

  /** socketpair(2), before it has fds; each end has one reference, the caller's. */
  static pair(kernel: Kernel): readonly [Socket, Socket] {
    const left = new Socket(kernel);
    const right = new Socket(kernel);
    left.join(right);
    return [left, right];
  }

  /** socket(2) and bind(2) of one for datagrams, before it has an fd; its one reference is the caller's. */
  static datagram(kernel: Kernel): Socket {
    return new Socket(kernel, 'datagram');
  }

  /** They are the ends of one connection. */
  join(other: Socket): void {
    this.peer = other;
    other.peer = this;
    this.state = 'connected';
    other.state = 'connected';
  }

  /** Descriptors in flight to it, or to what waits to be accepted: the `scm_fds` of its fdinfo. */
  get inFlight(): number {
    const queues = this.state === 'listening' ? this.embryos.map(({ queue }) => queue) : [this.queue];
    return queues.flat().reduce((sum, message) => sum + message.pending, 0);
  }

  /** Takes the oldest embryo; its reference is the caller's. */
  accept(): Socket | null {
    return this.embryos.shift() ?? null;
  }

  /** unix_release_sock: the other end is told, what was not read is dropped, then cycles of sockets in flight are collected. */
  shutdown(): void {
    const kernel = this.#kernel;
    kernel.sockets.delete(this);
    if (this.address !== null && kernel.socketNames.get(this.address) === this) kernel.socketNames.delete(this.address);
    if (this.peer !== null) {
      this.peer.peer = null;
      if (this.queue.length > 0) this.peer.reset = true;
    }
    this.peer = null;
    for (const embryo of this.embryos.splice(0)) {
      if (embryo.peer !== null) embryo.peer.reset = true;
      embryo.put();
    }
    for (const message of this.queue.splice(0)) message.drop();
    if (kernel.socketsInFlight > 0) collectSockets(kernel);
  }
}
