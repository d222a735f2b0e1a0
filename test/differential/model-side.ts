/** The model as an actor of programs: makes the calls and shows the state in the words of perform.c. */
import { MemtrackError } from '../../lib/core/errors.ts';
import { Epolls } from '../../lib/drivers/epoll.ts';
import { type IoUring, IoUrings } from '../../lib/drivers/io-uring.ts';
import { SysvShm } from '../../lib/drivers/sysv-shm.ts';
import { Memfds } from '../../lib/drivers/memfd.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { CLONE } from '../../lib/model/flags.ts';
import { makeCall } from './model-call.ts';
import { showTask } from './model-show.ts';
import type { Program, Step } from './step.ts';

/** Of a program that is executed as /proc/self/exe. */
const COMM = 'exe';

/** Names for what numbers differ on both sides. */
export interface Names {
  readonly sockets: Map<Socket, string>;
  slotOf(pid: number): number;
}

export class ModelSide implements Names {
  readonly kernel = new Kernel({ memtrack: 'off' });
  readonly memfds = new Memfds(this.kernel);
  readonly rings = new IoUrings(this.kernel);
  readonly epolls = new Epolls();
  /** Numbers of rings in the order in which they were made. */
  readonly ringNames = new Map<IoUring, number>();
  readonly shm = new SysvShm(this.kernel);
  /** Ids of segments in the order in which they were first given out. */
  readonly segments: number[] = [];
  readonly sockets = new Map<Socket, string>();
  /** By slot; a task that became another's tid or was shown dead is no longer there. */
  readonly tasks = new Map<number, Task>();
  /** A task that waits in vfork, and the child it waits for. */
  readonly blocked = new Map<Task, Task>();
  /** Steps in which sockets may have been collected. */
  readonly collecting = new Set<number>();
  #steps = 0;
  readonly #shown = new Map<number, string>();

  constructor({ roots, unprivileged }: Pick<Program, 'roots' | 'unprivileged'>) {
    const uid = unprivileged ? 1000 : 0;
    for (let slot = 0; slot < roots; slot++) {
      const task = this.kernel.spawn({ comm: COMM, credentials: { uid, gid: uid } });
      task.group.nofileMax = this.kernel.nrOpen;
      this.tasks.set(slot, task);
    }
  }

  /** Those that can act. */
  get actors(): readonly (readonly [number, Task])[] {
    return [...this.tasks].filter(([, task]) => this.#canAct(task));
  }

  /** The state at the start. */
  begin(): string {
    return `r 0\n${this.show()}`;
  }

  /** The answer and all that changed, as perform.c prints them. */
  perform(step: Step): string {
    const { sockets } = this.kernel;
    const before = this.kernel.socketsInFlight > 0 ? queued(sockets) : [];
    const withSockets = this.rings.live.filter(({ registered }) =>
      registered.some(({ file }) => file instanceof Socket),
    );
    const answer = this.#answer(step);
    this.#collect();
    // What a ring has registered the kernel drops in the background too.
    const late = withSockets.some((ring) => ring.refs === 0);
    if (late || before.some((socket) => !sockets.has(socket))) this.collecting.add(this.#steps);
    this.#steps++;
    return `r ${answer}\n${this.show()}`;
  }

  /** The kernel collects when any process closes a socket, so a machine that is not idle may at any time. */
  #collect(): void {
    if (this.kernel.socketsInFlight === 0) return;
    for (const end of Socket.pair(this.kernel)) end.put();
  }

  /** What differs from what was last shown. */
  show(): string {
    let text = '';
    for (const [slot, task] of this.tasks) {
      const shown = `= ${slot} ${task.state} ${task.state === 'dead' ? '' : task.comm}\n${showTask(task, this)}`;
      if (shown === this.#shown.get(slot)) continue;
      this.#shown.set(slot, shown);
      text += shown;
      if (task.state === 'dead') this.tasks.delete(slot);
    }
    return text;
  }

  slotOf(pid: number): number {
    for (const [slot, task] of this.tasks) if (task.pid === pid && task.tid === pid) return slot;
    return -1;
  }

  #canAct(task: Task): boolean {
    return task.alive && !this.blocked.has(task);
  }

  #answer(step: Step): string {
    const task = this.tasks.get(step.by);
    if (task === undefined || !task.alive || (this.blocked.has(task) && step.op !== 'kill')) return 'skip';
    try {
      if (step.op === 'clone') return this.#clone(task, step);
      if (step.op === 'exec') return this.#exec(task);
      return makeCall(task, step, this);
    } catch (error) {
      if (error instanceof MemtrackError) return String(error.errno);
      throw error;
    } finally {
      this.#release();
    }
  }

  #clone(task: Task, { child: slot, flags, signal }: Extract<Step, { op: 'clone' }>): string {
    const child = task.clone(flags, { exitSignal: signal });
    this.tasks.set(slot, child);
    if ((flags & CLONE.VFORK) !== 0) this.blocked.set(task, child);
    return String(slot);
  }

  #exec(task: Task): string {
    const { leader } = task;
    task.exec(COMM);
    for (const [slot, other] of this.tasks) if (other === leader && other !== task) this.tasks.delete(slot);
    for (const [parent, child] of this.blocked) if (child === task) this.blocked.delete(parent);
    return '0';
  }

  #release(): void {
    for (const [parent, child] of this.blocked) if (!child.alive || !parent.alive) this.blocked.delete(parent);
  }
}

/** Sockets in flight. */
function queued(sockets: ReadonlySet<Socket>): readonly Socket[] {
  const files = [...sockets].flatMap((socket) => socket.queue.flatMap((message) => message.files));
  return files.filter((file) => file instanceof Socket);
}
