import type { FileOptions } from '../model/file.ts';
import { File } from '../model/file.ts';

/**
 * A file that the recording shows by its descriptor alone. A name may tell later which buffer it is of; every copy of
 * the descriptor (dup, fork) then turns out to be that too, for they share this object.
 */
export class HiddenFile extends File {}

/** The file of a dma-buf whose ioctl did not show whether its descriptor is close-on-exec. */
export class UnmarkedFile extends File {
  /** The descriptor that the ioctl gave; those copied from it are marked as the copying call says. */
  readonly fd: number;

  constructor(fd: number, options: FileOptions) {
    super(options);
    this.fd = fd;
  }
}

/** One end of a connected pair of sockets, made by socketpair(2) before our eyes. */
export class SocketEnd extends File {
  /** Key of the queue that this end reads. */
  readonly inbox: string;
  /** Key of the queue that its peer reads. */
  readonly outbox: string;

  /** `closed`: the last descriptor of this end went, and its queue with it. */
  constructor(path: string, inbox: string, outbox: string, closed: (inbox: string) => void) {
    super({
      path,
      operations: {
        release: () => {
          closed(inbox);
        },
      },
    });
    this.inbox = inbox;
    this.outbox = outbox;
  }
}
