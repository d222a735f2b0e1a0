import { FLAG, OP, RECORD_WORDS } from '../core/record.ts';
import type { File } from '../model/file.ts';
import type { Task } from '../model/task.ts';
import { acquireLowest, used } from './acquire.ts';
import { byName, nameFd, unknownBuffer } from './identify.ts';
import type { Found, Route } from './in-flight.ts';
import type { Handler, Lowering } from './lowering.ts';
import { openBuffer } from './recorded-buffers.ts';
import { HiddenFile, SocketEnd } from './recorded-file.ts';

const CLOEXEC_BIT = FLAG.cloexec << 16;
const TRUNCATED_BIT = FLAG.truncated << 16;
const PEEK_BIT = FLAG.peek << 16;

/** `UNIX-STREAM:[7001->7002]` as strace -yy prints a connected socket. */
const CONNECTED = /\[(\d+)->(\d+)\]/;

const socketpair: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const fds = [words[at + 5]!, words[at + 6]!] as const;
  const names = [run.strings.get(words[at + 2]!), run.strings.get(words[at + 3]!)] as const;
  const cloexec = (words[at + 7]! & CLOEXEC_BIT) !== 0;
  const number = run.nextSocket();
  const boxes = [inboxOf(names[0]) ?? `pair ${number}`, inboxOf(names[1]) ?? `riap ${number}`] as const;
  const closed = (inbox: string): void => run.inFlight.drop(inbox);
  acquireLowest(run, task, fds[0], new SocketEnd(names[0] ?? '', boxes[0], boxes[1], closed), cloexec);
  acquireLowest(run, task, fds[1], new SocketEnd(names[1] ?? '', boxes[1], boxes[0], closed), cloexec);
};

const send: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const { fds, names } = descriptorsOf(words, at);
  const files: File[] = [];
  fds.forEach((fd, i) => {
    if (names[i] !== 0) nameFd(run, task, fd, run.fdName(names[i]!));
    const file = used(run, task, fd);
    if (file instanceof HiddenFile) run.losses.count('send_unknown_fd');
    files.push((file ?? run.otherFile).get());
  });
  if (files.length > 0) run.inFlight.add(routeOf(run, task, words, at, true), run.kernel.hold(task, files), names);
};

const receive: Handler = (run, words, at) => {
  const task = run.task(words, at);
  if (task === null) return;
  run.stamp(at);
  const { fds, names } = descriptorsOf(words, at);
  const flags = words[at + 7]!;
  const cloexec = (flags & CLOEXEC_BIT) !== 0;
  const truncated = (flags & TRUNCATED_BIT) !== 0;
  const peek = (flags & PEEK_BIT) !== 0;
  if (truncated) run.losses.count('receive_truncated');
  const route = routeOf(run, task, words, at, false);
  const fits = (sent: number, received: number): boolean => canBe(run, sent, received);
  const found = run.inFlight.take(route, names, fits, peek);
  if (found === null) run.losses.count('receive_without_send');
  else if (found.guessed) run.losses.count('receive_by_names');
  fds.forEach((fd, i) => {
    const file = takeFile(found, i, peek) ?? unknownFile(run, task, names[i]!);
    acquireLowest(run, task, fd, file, cloexec);
    if (names[i] !== 0) nameFd(run, task, fd, run.fdName(names[i]!));
    if (found?.guessed === true) task.files.setInferred(fd, true);
  });
  if (found === null || peek) return;
  if (found.sent.message.pending > 0 && !truncated) run.losses.count('receive_count_differs');
  found.sent.message.drop();
};

/** Sockets pass descriptors between processes. */
export const messageHandlers = {
  [OP.socketpair]: socketpair,
  [OP.send]: send,
  [OP.receive]: receive,
} as const;

interface Descriptors {
  readonly fds: readonly number[];
  /** Strings. */
  readonly names: readonly number[];
}

/** The tails of a message's record. */
function descriptorsOf(words: Uint32Array, at: number): Descriptors {
  const fds: number[] = [];
  const names: number[] = [];
  for (let tail = at; (words[tail + 7]! | 0) < 0;) {
    tail += RECORD_WORDS;
    if (tail >= words.length) break;
    fds.push(words[tail + 4]!);
    names.push(words[tail + 5]!);
  }
  return { fds, names };
}

/** Messages sent on [a->b] go to the queue `a->b`, which [b->a] reads. */
function inboxOf(name: string | null): string | null {
  const match = name === null ? null : CONNECTED.exec(name);
  return match === null ? null : `${match[2] ?? ''}->${match[1] ?? ''}`;
}

function routeOf(run: Lowering, task: Task, words: Uint32Array, at: number, sends: boolean): Route {
  const end = used(run, task, words[at + 5]!);
  const name = run.strings.get(words[at + 6]!);
  const cut = name === null ? -1 : name.indexOf('|');
  const socket = cut < 0 ? name : name!.slice(0, cut);
  const match = socket === null ? null : CONNECTED.exec(socket);
  if (match !== null) {
    const [, self = '', peer = ''] = match;
    return { queue: sends ? `${self}->${peer}` : `${peer}->${self}`, destination: null, socket };
  }
  if (end instanceof SocketEnd) return { queue: sends ? end.outbox : end.inbox, destination: null, socket };
  return { queue: null, destination: cut < 0 ? null : name!.slice(cut + 1), socket };
}

/** Whether what was called the one when it was sent may be called the other now: dma-bufs are renamed. */
function canBe(run: Lowering, sent: number, received: number): boolean {
  if (sent === received || sent === 0 || received === 0) return true;
  const { kind } = run.fdName(sent);
  return kind === 'dma-buf' && run.fdName(received).kind === kind;
}

function takeFile(found: Found | null, index: number, peek: boolean): File | null {
  if (found === null) return null;
  const { message } = found.sent;
  return peek ? (message.files[index]?.get() ?? null) : message.take(index);
}

/** What was received of an unknown message. */
function unknownFile(run: Lowering, task: Task, name: number): File {
  if (name === 0) {
    run.losses.count('receive_unknown');
    return openBuffer(unknownBuffer(run, 'unknown', null));
  }
  const { kind, name: text } = run.fdName(name);
  if (kind === null) return run.otherFile.get();
  const buffer = byName(run, task, kind, text);
  return buffer.openFiles[0]?.get() ?? openBuffer(buffer);
}
