/** Steps on descriptors and on sockets that pass them. */
import { O } from '../../lib/model/flags.ts';
import { Socket } from '../../lib/model/socket.ts';
import type { Task } from '../../lib/model/task.ts';
import { newFd, someFd } from './generate.ts';
import type { Scene } from './generate.ts';
import type { Step } from './step.ts';

const PAGE = 4096;

export function randomDescriptorStep(scene: Scene, by: number, task: Task): Step | null {
  const { random } = scene;
  const fd = someFd(scene, task);
  const cloexec = random.chance(0.3);
  const open = task.files.openFds;
  // A table grows to about ten and is thinned out beyond.
  if (open < 3 && random.chance(0.6)) return memfd(scene, by);
  const roll = random.below(open > 14 ? 60 : 100);
  if (roll < 20) return { op: 'close', by, fd };
  if (roll < 25) return closeRange(scene, by);
  if (roll < 40) return receive(scene, by, task);
  if (roll < 45) return { op: 'setfd', by, fd, cloexec };
  if (roll < 47) return seal(scene, by, task);
  if (roll < 50) return { op: 'ftruncate', by, fd, size: random.pick([-1, 0, 1, PAGE, 5000, 16 * PAGE, 1 << 20]) };
  if (roll < 60) return send(scene, by, task);
  if (roll < 68) return memfd(scene, by);
  if (roll < 74) return { op: 'dup', by, fd };
  if (roll < 81) return { op: 'dup2', by, fd, to: random.chance(0.15) ? fd : newFd(random) };
  if (roll < 85) {
    const flags = random.pick([0, O.CLOEXEC, O.CLOEXEC, 1, O.NONBLOCK]);
    return { op: 'dup3', by, fd, to: random.chance(0.1) ? fd : newFd(random), flags };
  }
  if (roll < 90) return { op: 'dupfd', by, fd, from: newFd(random), cloexec };
  if (roll < 94) {
    const flags = random.pick([O.RDONLY, O.WRONLY, O.RDWR]) | (cloexec ? O.CLOEXEC : 0);
    return { op: 'reopen', by, fd, flags };
  }
  return { op: 'socketpair', by, name: scene.next(), cloexec };
}

function memfd(scene: Scene, by: number): Step {
  const { random } = scene;
  const flags = random.pick([0, 0, 1, 2, 2, 3, 3, 8, 16, 24, 32]);
  return { op: 'memfd', by, name: scene.next(), flags, size: random.pick([0, 1, PAGE, 4 * PAGE, 16 * PAGE, 5000]) };
}

function closeRange({ random }: Scene, by: number): Step {
  const first = random.below(12);
  const flags = random.pick([0, 0, 2, 4, 4, 6, 6, 1, 8]);
  const last = random.pick([first, first + random.below(6), first + random.below(6), 0xffffffff, first - 1]);
  // A negative number would be one beyond every limit: these are unsigned.
  return { op: 'closeRange', by, first, last: last >= 0 ? last : 0, flags };
}

function seal(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const one = 1 << random.below(6);
  const seals = random.pick([one, one, one | (1 << random.below(6)), 0, 64]);
  return { op: 'seal', by, fd: someFd(scene, task, 'buffer'), seals };
}

function send(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const cycle = random.chance(0.12) ? sendToItself(scene, by, task) : null;
  if (cycle !== null) return cycle;
  const count = random.chance(0.02) ? 252 + random.below(4) : random.pick([0, 1, 1, 1, 2, 3, 5]);
  const fds = Array.from({ length: count }, () => someFd(scene, task));
  const legal = random.chance(0.85) ? fds.filter((fd) => task.files.get(fd) !== null) : fds;
  return { op: 'send', by, socket: someFd(scene, task, 'socket'), fds: legal };
}

/** A socket goes into its own queue and is closed; unless others have it, its peer finds out when it is collected. */
function sendToItself({ random, follow }: Scene, by: number, task: Task): Step | null {
  const fds = Array.from({ length: task.files.limit }, (_, fd) => fd);
  const sockets = fds.filter((fd) => task.files.get(fd) instanceof Socket);
  if (sockets.length === 0) return null;
  const socket = random.pick(sockets);
  const file = task.files.get(socket);
  const peer = fds.filter((fd) => file instanceof Socket && file.peer !== null && task.files.get(fd) === file.peer);
  if (peer.length === 0) return null;
  for (const fd of peer) follow({ op: 'close', by, fd });
  follow({ op: 'receive', by, socket, control: 0, cloexec: false, peek: false });
  return { op: 'send', by, socket, fds: peer };
}

function receive(scene: Scene, by: number, task: Task): Step {
  const { random } = scene;
  const room = random.below(6);
  const control = random.pick([1040, 1040, 16 + 4 * room, 16 + 8 * Math.ceil(room / 2), random.below(32), 0]);
  const [cloexec, peek] = [random.chance(0.3), random.chance(0.15)];
  return { op: 'receive', by, socket: someFd(scene, task, 'socket'), control, cloexec, peek };
}
