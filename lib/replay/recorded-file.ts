import { File } from '../model/file.ts';

/**
 * A file that the recording shows by its descriptor alone. A name may tell later which buffer it is of; every copy of
 * the descriptor (dup, fork) then turns out to be that too, for they share this object.
 */
export class HiddenFile extends File {}

/** One end of a connected pair of sockets, made by socketpair(2) before our eyes. */
export class SocketEnd extends File {
  /** Key of the queue that this end reads. */
  readonly inbox: string;
  /** Key of the queue that its peer reads. */
  readonly outbox: string;

  /** `closed`: the last descriptor of this end went, and its queue with it. */
  constructor(path: string, inbox: string, outbox: string, closed: (inbox: string) => void) {
    super({ path, operations: { release: () => { closed(inbox); } } });
    this.inbox = inbox;
    this.outbox = outbox;
  }
}
