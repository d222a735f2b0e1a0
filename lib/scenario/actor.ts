import { Socket } from '../model/socket.ts';
import { CLONE, CLONE_PTHREAD } from '../model/flags.ts';
import type { Message } from '../model/message.ts';
import type { Task } from '../model/task.ts';
import { Refusal } from './scenario-error.ts';

/** Bytes of comm without its NUL. */
const COMM_MAX = 15;

/**
 * A process or thread of a scenario. As the program that plays scenarios on a real kernel does, it has two datagram sockets,
 * for commands and for mail, bound with the lowest free descriptors and closed by exec.
 */
export class Actor {
  readonly label: string;
  /** Null: made by the director, the program that reads the scenario. */
  parent: Actor | null;
  /** Of its process; itself if it leads. */
  leader: Actor;
  task: Task;
  command: number;
  mailbox: number;
  #box: Socket;

  constructor(label: string, task: Task, parent: Actor | null, leader: Actor | null) {
    this.label = label;
    this.task = task;
    this.parent = parent;
    this.leader = leader ?? this;
    this.command = -1;
    this.mailbox = -1;
    this.#box = this.openEars();
  }

  get alive(): boolean {
    return this.task.alive;
  }

  /** Where its mail arrives. */
  get box(): Socket {
    if (this.#box.refs === 0) throw new Refusal(`actor ${this.label} does not listen: its mailbox is closed`);
    return this.#box;
  }

  /** In its mailbox; the dead one's too while that is in flight. */
  get mail(): readonly Message[] {
    return this.#box.queue;
  }

  /** Whether it can still be told what to do. */
  get listens(): boolean {
    return this.alive && this.task.files.get(this.command) instanceof Socket;
  }

  /** Binds its sockets and takes its name. */
  openEars(): Socket {
    const { task } = this;
    this.command = task.install(Socket.datagram(task.kernel), { cloexec: true });
    const box = Socket.datagram(task.kernel);
    this.mailbox = task.install(box, { cloexec: true });
    task.comm = new TextDecoder().decode(new TextEncoder().encode(this.label).subarray(0, COMM_MAX));
    this.#box = box;
    return box;
  }

  /** clone(2): the child closes its copies of the parent's sockets, if it has copies, and opens its own. */
  fork(label: string, flags: number): Actor {
    const task = this.task.clone(flags);
    if ((flags & CLONE.FILES) === 0) this.#closeEarsOf(task);
    return new Actor(label, task, this.leader, null);
  }

  /** pthread_create, and unshare(CLONE_FILES) by the thread. */
  thread(label: string, unshare: boolean): Actor {
    if (unshare && this.mailbox !== this.command + 1)
      throw new Refusal(`${this.label}'s sockets do not lie side by side, so that its thread could not close them`);
    const task = this.task.clone(CLONE_PTHREAD);
    if (unshare) {
      task.unshareFiles();
      this.#closeEarsOf(task);
    }
    return new Actor(label, task, this.leader.parent, this.leader);
  }

  exec(): void {
    this.#closeEarsOf(this.task);
    this.task.exec();
    this.openEars();
  }

  #closeEarsOf(task: Task): void {
    task.close(this.command);
    task.close(this.mailbox);
  }
}
