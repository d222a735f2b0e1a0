/** Steps on sockets, and on descriptors in flight. */
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { someFd } from './generate.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

export function randomPassingStep(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const sockets = socketsOf(task);
  if (random.chance(0.25) && scene.traits.recent) return connecting(scene, by, task, sockets);
  const roll = random.below(100);
  if ((sockets.length === 0 && roll < 80) || roll < 6)
    return { op: 'socketpair', by, name: scene.next(), cloexec: random.chance(0.3) };
  if (roll < 11) return sendToItself(scene, by, task, sockets);
  if (roll < 54) return send(scene, by, task);
  if (roll < 92 || sockets.length === 0) return receive(scene, by, task, sockets);
  return { op: 'close', by, fd: random.pick(sockets) };
}

/** One socket listens, under one of few names, others connect to it; each step makes the next likely. */
function connecting(scene: Scene, by: number, task: Task, sockets: readonly number[]): Step {
  const { random } = scene;
  const ofState = (state: Socket['state']): readonly number[] =>
    sockets.filter((fd) => socketAt(task, fd)?.state === state);
  const name = random.below(3);
  const cloexec = random.chance(0.2);
  const listening = ofState('listening');
  const loose = ofState('unconnected');
  if (random.chance(0.1)) return anyCall(scene, by, task, name);
  const waits = listening.filter((fd) => (socketAt(task, fd)?.embryos.length ?? 0) > 0);
  if (waits.length > 0 && random.chance(0.4))
    return { op: 'accept', by, fd: random.pick(waits), name: scene.next(), cloexec };
  if (loose.length === 0) return { op: 'socket', by, name: scene.next(), cloexec };
  const fd = random.pick(loose);
  const named = socketAt(task, fd)?.name !== null;
  const known = [...scene.side.kernel.socketNames].filter(([, socket]) => socket.state === 'listening');
  if (known.length > 0 && random.chance(0.7)) return { op: 'connect', by, fd, name: Number(random.pick(known)[0]) };
  if (named) return { op: 'listen', by, fd, backlog: random.pick([0, 1, 2, 5, -1]) };
  return { op: 'bind', by, fd, name };
}

function anyCall(scene: Scene, by: number, task: Task, name: number): Step {
  const { random } = scene;
  const fd = someFd(scene, task, 'socket');
  const op = random.pick(['bind', 'listen', 'connect', 'accept'] as const);
  if (op === 'listen') return { op, by, fd, backlog: 1 };
  return op === 'accept' ? { op, by, fd, name: scene.next(), cloexec: false } : { op, by, fd, name };
}

/** Its fds that are sockets. */
function socketsOf(task: Task): readonly number[] {
  const fds = Array.from({ length: task.files.limit }, (_, fd) => fd);
  return fds.filter((fd) => task.files.get(fd) instanceof Socket);
}

function socketAt(task: Task, fd: number): Socket | null {
  const file = task.files.get(fd);
  return file instanceof Socket ? file : null;
}

function send(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const count = random.chance(0.02) ? 252 + random.below(4) : random.pick([0, 1, 1, 1, 2, 3, 5]);
  const fds = Array.from({ length: count }, () => someFd(scene, task));
  const legal = random.chance(0.85) ? fds.filter((fd) => task.files.get(fd) !== null) : fds;
  return { op: 'send', by, socket: someFd(scene, task, 'socket'), fds: legal };
}

/** A socket goes into its own queue and is closed; unless others have it, its peer finds out when it is collected. */
function sendToItself(scene: Scene, by: number, task: Task, sockets: readonly number[]): Step {
  const pairs = sockets.map((fd) => ({
    fd,
    peers: sockets.filter((other) => socketAt(task, fd)?.peer === socketAt(task, other)),
  }));
  const whole = pairs.filter(({ peers }) => peers.length > 0);
  if (whole.length === 0) return send(scene, by, task);
  const { fd: socket, peers } = scene.random.pick(whole);
  for (const fd of peers) scene.follow({ op: 'close', by, fd });
  scene.follow({ op: 'receive', by, socket, control: 0, cloexec: false, peek: false });
  return { op: 'send', by, socket, fds: peers };
}

function receive(scene: Scene, by: number, task: Task, sockets: readonly number[]): Step {
  const { random } = scene;
  const room = random.below(6);
  const control = random.pick([1040, 1040, 16 + 4 * room, 16 + 8 * Math.ceil(room / 2), random.below(32), 0]);
  const [cloexec, peek] = [random.chance(0.3), random.chance(0.15)];
  const waiting = sockets.filter((fd) => (socketAt(task, fd)?.queue.length ?? 0) > 0);
  const full = waiting.length > 0 && random.chance(0.7);
  const socket = full ? random.pick(waiting) : someFd(scene, task, 'socket');
  return { op: 'receive', by, socket, control, cloexec, peek };
}
