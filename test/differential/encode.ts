/** A program as the lines that perform.c reads: the slot, a letter and numbers. */
import type { Program, Step } from './step.ts';

const O_CLOEXEC = 0o2000000;
const MSG_PEEK = 2;
const MSG_CMSG_CLOEXEC = 0x40000000;
const RING_FILES = ['register', 'sparse', 'update', 'unregister'];
const EPOLL_CTL = { add: 1, delete: 2, modify: 3 } as const;
const MAP = { SHARED: 1, PRIVATE: 2, FIXED: 0x10, FIXED_NOREPLACE: 0x100000 } as const;

/** `collecting`: steps after which the kernel collects sockets, for which perform.c waits `rounds` times. */
export function encodeProgram(
  { unprivileged, roots, steps }: Program,
  collecting: ReadonlySet<number>,
  rounds: number,
): string {
  const lines = steps.map((step, at) => {
    const line = `${step.by} ${letterAndNumbers(step).map(exact).join(' ')}`;
    return collecting.has(at) ? `~${rounds} ${line}` : line;
  });
  return [`program ${roots} ${Number(unprivileged)}`, ...lines, 'end\n'].join('\n');
}

function letterAndNumbers(step: Step): readonly (string | number)[] {
  switch (step.op) {
    case 'memfd':
      return ['m', step.name, step.flags, step.size];
    case 'dup':
      return ['d', step.fd];
    case 'dup2':
      return ['2', step.fd, step.to];
    case 'dup3':
      return ['3', step.fd, step.to, step.flags];
    case 'dupfd':
      return ['D', step.fd, step.from, Number(step.cloexec)];
    case 'close':
      return ['c', step.fd];
    case 'setfd':
      return ['F', step.fd, Number(step.cloexec)];
    case 'closeRange':
      return ['r', step.first, step.last, step.flags];
    case 'reopen':
      return ['o', step.fd, step.flags];
    case 'clone':
      return ['k', step.child, step.flags, step.signal];
    case 'unshare':
      return ['u'];
    case 'exec':
      return ['x'];
    case 'exit':
      return ['e', step.status];
    case 'exitGroup':
      return ['g', step.status];
    case 'kill':
      return ['!', step.signal];
    case 'wait':
      return ['w', step.child ?? -1, step.flags];
    case 'name':
      return ['n', step.name];
    case 'subreaper':
      return ['b', Number(step.on)];
    case 'socket':
      return ['i', step.name, step.cloexec ? O_CLOEXEC : 0];
    case 'bind':
      return ['B', step.fd, step.name];
    case 'listen':
      return ['L', step.fd, step.backlog];
    case 'connect':
      return ['C', step.fd, step.name];
    case 'accept':
      return ['a', step.fd, step.name, step.cloexec ? O_CLOEXEC : 0];
    case 'shmget':
      return ['h', step.key, step.size, step.flags];
    case 'shmat':
      return ['H', step.segment, step.address, step.flags];
    case 'shmdt':
      return ['J', step.address];
    case 'shmctl':
      return ['K', step.segment, step.command];
    case 'ring':
      return ['I', step.entries];
    case 'ringFiles':
      return ['Q', step.ring, RING_FILES.indexOf(step.how), step.at, ...step.fds];
    case 'epoll':
      return ['E', step.flags];
    case 'epollCtl':
      return ['T', step.epoll, EPOLL_CTL[step.how], step.fd];
    case 'socketpair':
      return ['s', step.name, step.cloexec ? O_CLOEXEC : 0];
    case 'send':
      return ['>', step.socket, ...step.fds];
    case 'receive':
      return ['<', step.socket, step.control, (step.cloexec ? MSG_CMSG_CLOEXEC : 0) | (step.peek ? MSG_PEEK : 0)];
    case 'mmap':
      return ['M', step.address, step.length, step.prot, mapFlags(step), step.fd, step.offset];
    case 'munmap':
      return ['U', step.address, step.length];
    case 'mprotect':
      return ['P', step.address, step.length, step.prot];
    case 'mremap':
      return ['R', step.address, step.oldLength, step.newLength, step.flags, step.newAddress];
    case 'madvise':
      return ['A', step.address, step.length, step.advice];
    case 'ftruncate':
      return ['t', step.fd, step.size];
    case 'seal':
      return ['S', step.fd, step.seals];
    case 'limit':
      return ['l', step.nofile];
    case 'getfd':
      return ['G', step.target, step.fd];
  }
}

/** Beyond 2^53 a number prints rounded. */
function exact(word: string | number): string {
  return typeof word === 'number' ? BigInt(word).toString() : word;
}

function mapFlags({ shared, place }: Extract<Step, { op: 'mmap' }>): number {
  const where = place === 'fixed' ? MAP.FIXED : place === 'noReplace' ? MAP.FIXED_NOREPLACE : 0;
  return (shared ? MAP.SHARED : MAP.PRIVATE) | where;
}
