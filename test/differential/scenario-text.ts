/** A program in the language of scenarios (.scn), where that can express it. */
import { IoUring } from '../../lib/drivers/io-uring.ts';
import { IPC } from '../../lib/drivers/sysv-shm.ts';
import { CLONE, CLONE_PTHREAD, MADV, MREMAP, O } from '../../lib/model/flags.ts';
import type { File } from '../../lib/model/file.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Vma } from '../../lib/model/vma.ts';
import { ModelSide } from './model-side.ts';
import type { Program, Step } from './step.ts';

const SIGCHLD = 17;

/**
 * Null: it cannot. The language names buffers, not descriptors or addresses, knows no call that fails, and no sockets but
 * one mailbox an actor; a descriptor or mapping it means must be the first of its buffer.
 */
export function scenarioText(program: Program): string | null {
  const { roots, steps } = program;
  const side = new ModelSide(program);
  const lines = Array.from({ length: roots }, (_, slot) => `actor a${slot}`);
  for (const step of steps) {
    const task = side.tasks.get(step.by);
    const line = task === undefined || !task.alive ? null : words(step, task, side);
    if (line === null) return null;
    lines.push(step.op === 'kill' ? line : `a${step.by} ${line}`);
    if (/^r (?:-|skip)/.test(side.perform(step))) return null;
  }
  return [...lines, 'snap end', ''].join('\n');
}

function words(step: Step, task: Task, side: ModelSide): string | null {
  switch (step.op) {
    case 'memfd':
      return step.flags > 3 ? null : memfd(step);
    case 'dup':
      return labelled('dup', first(task, step.fd));
    case 'dupfd':
      return step.from > 0 ? null : labelled('dup', first(task, step.fd), step.cloexec ? ' cloexec' : '');
    case 'close':
      return labelled('close', first(task, step.fd));
    case 'setfd':
      return labelled('cloexec', first(task, step.fd), step.cloexec ? ' on' : ' off');
    case 'reopen':
      return reopen(first(task, step.fd), step.flags);
    case 'clone':
      return step.signal === SIGCHLD ? clone(step.child, step.flags) : null;
    case 'exec':
      return task === task.leader ? 'exec' : null;
    case 'exit':
      return 'leave';
    case 'exitGroup':
      return 'exit';
    case 'kill':
      return `kill a${step.by}`;
    case 'wait':
      return step.child !== null && side.tasks.get(step.child)?.alive === false ? `wait a${step.child}` : null;
    case 'mmap':
      return mmap(step, first(task, step.fd));
    case 'munmap':
      return part(task, step.address, step.length, 'munmap', '');
    case 'mprotect':
      return part(task, step.address, step.length, 'mprotect', ` prot=${access(step.prot)}`);
    case 'mremap':
      return mremap(task, step);
    case 'madvise':
      return step.advice === MADV.DONTFORK ? part(task, step.address, step.length, 'dontfork', null) : null;
    case 'getfd':
      return getfd(first(side.tasks.get(step.target), step.fd), step.target);
    case 'shmget':
      return step.key > 0 && (step.flags & IPC.CREAT) !== 0
        ? `sysv h${side.segments.length} ${step.key} ${step.size}`
        : null;
    case 'shmat':
      return step.address === 0 && step.flags === 0 ? `shmat h${step.segment}` : null;
    case 'shmdt':
      return shmdt(task, step.address, side);
    case 'shmctl':
      return step.command === IPC.RMID ? `shmrm h${step.segment}` : null;
    case 'ring':
      return `ring r${side.ringNames.size}`;
    case 'ringFiles':
      return ringFiles(step, task, side);
    case 'dup2':
    case 'dup3':
    case 'closeRange':
    case 'unshare':
    case 'socketpair':
    case 'send':
    case 'receive':
    case 'ftruncate':
    case 'seal':
    case 'limit':
    case 'name':
    case 'subreaper':
    case 'socket':
    case 'bind':
    case 'listen':
    case 'connect':
    case 'accept':
    case 'epoll':
    case 'epollCtl':
      return null;
  }
}

/** One file at most, as the first that is registered. */
function ringFiles(step: Extract<Step, { op: 'ringFiles' }>, task: Task, side: ModelSide): string | null {
  const [fd] = step.fds;
  const ring = task.files.get(step.ring);
  if (step.how !== 'register' || fd === undefined || step.fds.length > 1 || !(ring instanceof IoUring)) return null;
  return labelled(`ringreg r${side.ringNames.get(ring)}`, first(task, fd));
}

function getfd(name: string | null, target: number): string | null {
  return name === null ? null : `pidfdget ${name} a${target}`;
}

function shmdt(task: Task, address: number, side: ModelSide): string | null {
  const vma = only(task, address);
  const segment = vma === null ? -1 : side.segments.indexOf(vma.file.identity?.inode ?? -1);
  return vma?.start === address && vma.offset === 0 && segment >= 0 ? `shmdt h${segment}` : null;
}

/** The buffer's label, if this is the lowest fd that has its file, and only that file opens it. */
function first(task: Task | undefined, fd: number): string | null {
  const file = task?.alive === true ? task.files.get(fd) : null;
  if (task === undefined || file === null || file.buffer === null || file.buffer.openFiles.length > 1) return null;
  for (let lower = 0; lower < fd; lower++) if (task.files.get(lower) === file) return null;
  return label(file);
}

function label(file: File): string | null {
  return file.buffer?.kind === 'memfd' ? file.buffer.name : null;
}

function labelled(op: string, name: string | null, rest = ''): string | null {
  return name === null ? null : `${op} ${name}${rest}`;
}

function memfd({ name, size, flags }: Extract<Step, { op: 'memfd' }>): string {
  return `memfd b${name} ${size}${(flags & 1) !== 0 ? ' cloexec' : ''}${(flags & 2) !== 0 ? ' sealable' : ''}`;
}

function reopen(name: string | null, flags: number): string | null {
  if ((flags & O.ACCMODE) === O.WRONLY || (flags & O.CLOEXEC) !== 0) return null;
  return labelled('reopen', name, (flags & O.ACCMODE) === O.RDONLY ? ' ro' : '');
}

function clone(child: number, flags: number): string | null {
  if (flags === 0) return `fork a${child}`;
  if (flags === CLONE.FILES) return `fork a${child} files`;
  if (flags === CLONE_PTHREAD) return `thread a${child}`;
  return flags === (CLONE_PTHREAD & ~CLONE.FILES) ? `thread a${child} unshare` : null;
}

function mmap(step: Extract<Step, { op: 'mmap' }>, name: string | null): string | null {
  if (step.address !== 0 || step.place !== 'hint') return null;
  const how = `len=${step.length} off=${step.offset} prot=${access(step.prot)}${step.shared ? '' : ' private'}`;
  return labelled('mmap', name, ` ${how}`);
}

function mremap(task: Task, step: Extract<Step, { op: 'mremap' }>): string | null {
  const vma = only(task, step.address);
  if (vma === null || vma.start !== step.address || vma.end - vma.start !== step.oldLength) return null;
  return step.flags === MREMAP.MAYMOVE ? labelled('mremap', label(vma.file), ` len=${step.newLength}`) : null;
}

/** `rest` null: the language has no part of it, it must be the whole mapping. */
function part(task: Task, address: number, length: number, op: string, rest: string | null): string | null {
  const vma = only(task, address);
  if (vma === null || address + length > vma.end) return null;
  if (rest === null) return length === vma.end - vma.start ? labelled(op, label(vma.file)) : null;
  return labelled(op, label(vma.file), ` at=${address - vma.start} len=${length}${rest}`);
}

/** The mapping at an address, if it is the only one of its buffer. */
function only({ mm }: Task, address: number): Vma | null {
  const vma = mm.find(address);
  return vma !== null && mm.vmas.every((other) => other === vma || other.file.buffer !== vma.file.buffer) ? vma : null;
}

function access(prot: number): string {
  return ['r', 'w', 'x'].filter((_, bit) => (prot & (1 << bit)) !== 0).join('') || 'none';
}
