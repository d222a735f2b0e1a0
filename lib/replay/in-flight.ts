import type { Message } from '../model/message.ts';
import type { Losses } from './losses.ts';

/** A message with descriptors that was sent and not yet received. */
export interface Sent {
  readonly message: Message;
  /** Strings: what the recording called the descriptors; 0: nothing. */
  readonly names: readonly number[];
  /** Where a socket without a peer sent it to; null elsewhere. */
  readonly destination: string | null;
}

/** What is known of the socket that a message went through. */
export interface Route {
  /** Key of the queue it goes to or comes from; null: not known. */
  readonly queue: string | null;
  /** Name that a datagram was sent to; null: none. */
  readonly destination: string | null;
  /** The receiving socket, for those that have no peer; null: not known. */
  readonly socket: string | null;
}

export interface Found {
  readonly sent: Sent;
  /** The sockets did not tell, only the names of what was passed. */
  readonly guessed: boolean;
}

/** Whether a descriptor can have been called the one and now is called the other. */
export type Fits = (sent: number, received: number) => boolean;

/**
 * Messages in flight. A pair of connected sockets is a queue, first in, first out, each message once. Where only one
 * end is known, what was passed must have the same names in the same order, and sockets without a peer are learned
 * from the first such match.
 */
export class InFlight {
  readonly #losses: Losses;
  readonly #queues = new Map<string, Sent[]>();
  /** Messages of unknown queues, by the names of what is passed. */
  readonly #byNames = new Map<string, Sent[]>();
  /** Destination of datagrams -> the socket that was seen to receive from it, and back. */
  readonly #receiver = new Map<string, string>();
  readonly #destination = new Map<string, string>();

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  add(route: Route, message: Message, names: readonly number[]): void {
    const sent = { message, names, destination: route.destination };
    if (route.queue !== null) append(this.#queues, route.queue, sent);
    else if (route.destination !== null) append(this.#queues, datagramQueue(route.destination), sent);
    if (route.queue === null) append(this.#byNames, names.join(), sent);
  }

  /** The message that a receive with these descriptors got, taken out unless it only peeked; null: its send is not known. */
  take(route: Route, names: readonly number[], fits: Fits, peek = false): Found | null {
    if (route.queue !== null) {
      const sent = this.#fromQueue(route.queue, names, fits, peek);
      if (sent !== null) return { sent, guessed: false };
    }
    const destination = route.socket === null ? undefined : this.#destination.get(route.socket);
    if (destination !== undefined) {
      const sent = this.#fromQueue(datagramQueue(destination), names, fits, peek);
      if (sent !== null) return { sent, guessed: true };
    }
    const sent = names.some((name) => name !== 0) ? this.#fromNames(route.socket, names, peek) : null;
    return sent === null ? null : { sent, guessed: true };
  }

  /** The socket is gone, and what it had not read. */
  drop(queue: string): void {
    for (const { message } of this.#queues.get(queue) ?? []) {
      if (message.pending === 0) continue;
      this.#losses.count('send_dropped');
      message.drop();
    }
    this.#queues.delete(queue);
  }

  /** The first that fits. Earlier ones were received in ways not recorded. */
  #fromQueue(key: string, names: readonly number[], fits: Fits, peek: boolean): Sent | null {
    const queue = this.#queues.get(key);
    if (queue === undefined) return null;
    const at = queue.findIndex(
      ({ message, names: sent }) =>
        message.pending > 0 && sent.every((name, i) => names[i] === undefined || fits(name, names[i])),
    );
    if (at < 0) return null;
    const found = queue[at] ?? null;
    if (!peek) queue.splice(at, 1);
    for (const { message } of queue.splice(0, at)) {
      if (message.pending === 0) continue;
      this.#losses.count('send_skipped');
      message.drop();
    }
    if (queue.length === 0) this.#queues.delete(key);
    return found;
  }

  #fromNames(socket: string | null, names: readonly number[], peek: boolean): Sent | null {
    const key = names.join();
    const candidates = this.#byNames.get(key);
    if (candidates === undefined) return null;
    const live = candidates.filter(({ message }) => message.pending > 0);
    const at = live.findIndex(({ destination }) => {
      const receiver = destination === null ? undefined : this.#receiver.get(destination);
      return receiver === undefined || receiver === socket;
    });
    const found = live[at];
    if (at >= 0 && !peek) live.splice(at, 1);
    if (live.length === 0) this.#byNames.delete(key);
    else this.#byNames.set(key, live);
    if (found === undefined) return null;
    if (found.destination !== null && socket !== null) {
      this.#receiver.set(found.destination, socket);
      this.#destination.set(socket, found.destination);
    }
    return found;
  }
}

function datagramQueue(destination: string): string {
  return `to ${destination}`;
}

function append(queues: Map<string, Sent[]>, key: string, sent: Sent): void {
  const queue = queues.get(key);
  if (queue === undefined) queues.set(key, [sent]);
  else queue.push(sent);
}
