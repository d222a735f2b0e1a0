import type { Kernel } from './kernel.ts';
import { Socket } from './socket.ts';

/**
 * unix_gc: sockets that are referred to by messages only, and by no message that anyone can still receive, have their queues
 * dropped. As in the kernel it runs when some AF_UNIX socket is released, so such a cycle lives until then.
 */
export function collectSockets(kernel: Kernel): void {
  const { sockets } = kernel;
  kernel.socketCollections++;
  const inFlight = countInFlight(sockets);
  if (inFlight.size === 0) return;
  const reachable: Socket[] = [];
  for (const socket of sockets) if (socket.refs > (inFlight.get(socket) ?? 0)) reachable.push(socket);
  const seen = new Set(reachable);
  for (let socket = reachable.pop(); socket !== undefined; socket = reachable.pop()) {
    for (const passed of queuedSockets(socket)) {
      if (seen.has(passed)) continue;
      seen.add(passed);
      reachable.push(passed);
    }
  }
  const garbage = [...sockets].filter((socket) => !seen.has(socket));
  for (const socket of garbage) for (const message of socket.queue.splice(0)) message.drop();
}

/** The kernel collects in the background: what closes several files at once has closed them all by then. */
export function closingSeveral(kernel: Kernel, close: () => void): void {
  const before = kernel.socketCollections;
  close();
  if (kernel.socketCollections !== before && kernel.socketsInFlight > 0) collectSockets(kernel);
}

function countInFlight(sockets: ReadonlySet<Socket>): Map<Socket, number> {
  const counts = new Map<Socket, number>();
  for (const socket of sockets) {
    for (const passed of queuedSockets(socket)) counts.set(passed, (counts.get(passed) ?? 0) + 1);
  }
  return counts;
}

function* queuedSockets(socket: Socket): Generator<Socket> {
  // Who listens stands for what waits to be accepted.
  yield* socket.embryos;
  for (const message of socket.queue) {
    for (const file of message.files) if (file instanceof Socket) yield file;
  }
}
