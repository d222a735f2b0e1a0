import type { Machine } from '../machine/machine.ts';
import type { AddressSpace } from '../model/address-space.ts';
import type { FdTable } from '../model/fd-table.ts';
import { File } from '../model/file.ts';
import { O, PAGE } from '../model/flags.ts';
import type { Message } from '../model/message.ts';
import type { Task } from '../model/task.ts';
import type { Vma } from '../model/vma.ts';
import type { Actor } from './actor.ts';
import { Numbering } from './numbering.ts';
import type { Operation } from './operation.ts';
import { type Placement, Placements } from './placements.ts';
import { makeProp, type Prop, type PropOptions } from './prop.ts';
import { Refusal } from './scenario-error.ts';

/** What a scenario has brought about so far: its actors, what its labels name, and what of that the kernel does not know. */
export class Stage {
  readonly kernel: Machine;
  /** Makes the actors and waits for them; holds nothing. */
  readonly director: Task;
  /** In the order they were made, the dead ones too. */
  readonly actors: Actor[] = [];
  readonly props = new Map<string, Prop>();
  readonly placements = new Placements();
  readonly tables = new Numbering<FdTable, Actor>();
  readonly spaces = new Numbering<AddressSpace, Actor>();
  readonly senders = new WeakMap<Message, Actor>();

  constructor(kernel: Machine) {
    this.kernel = kernel;
    // Second 0 would read as never, as in /proc/sysvipc/shm.
    if (kernel.now === 0n) kernel.now = 1_000_000_000n;
    this.director = kernel.spawn({ comm: 'stage' });
    this.director.setChildSubreaper(true);
    for (let fd = 0; fd < 3; fd++) this.director.install(new File({ path: '/dev/null', flags: O.RDWR }));
  }

  /** The last actor made with that label. */
  actor(label: string): Actor {
    const actor = this.actors.findLast((each) => each.label === label);
    if (actor === undefined) throw new Refusal(`no actor '${label}': make it with 'actor ${label}' before`);
    return actor;
  }

  addActor(actor: Actor): void {
    this.actors.push(actor);
    this.tables.assign(actor, actor.task.files);
    this.spaces.assign(actor, actor.task.mm);
  }

  /** Of the processes that are still there, in the order they were made. */
  pids(): readonly number[] {
    return this.actors
      .filter((actor) => actor.leader === actor && actor.task.state !== 'dead')
      .map((actor) => actor.task.pid);
  }

  prop(label: string): Prop {
    const prop = this.props.get(label);
    if (prop === undefined) throw new Refusal(`no object '${label}'`);
    return prop;
  }

  /** Whether the label is free; before anything is made for it. */
  claim(label: string): string {
    if (this.props.has(label)) throw new Refusal(`object '${label}' exists already: take another label`);
    return label;
  }

  addProp(options: PropOptions): Prop {
    const prop = makeProp(options);
    this.props.set(prop.label, prop);
    return prop;
  }

  /** Whether the modelled kernel has this device. */
  has(path: string): boolean {
    if (path === '/dev/udmabuf' || path === '/dev/dma_heap/system') return true;
    return this.kernel.drm.devices.some(({ card, renderNode }) => card.path === path || renderNode?.path === path);
  }

  /** Whether a file is, or opens, what the label names. */
  isOf(prop: Prop, file: File | null): boolean {
    if (file === null) return false;
    return prop.buffer === null ? file === prop.file : file.buffer === prop.buffer;
  }

  /** The actor's descriptors of it, ascending. */
  fdsOf(actor: Actor, prop: Prop): readonly number[] {
    const { files } = actor.task;
    const fds: number[] = [];
    for (let fd = 0; fd < files.limit; fd++) if (this.isOf(prop, files.get(fd))) fds.push(fd);
    return fds;
  }

  /** Its lowest descriptor, or the one that `fd=` asks for. */
  fdOf(actor: Actor, prop: Prop, operation?: Operation): number {
    const fds = this.fdsOf(actor, prop);
    const wanted = operation?.count('fd');
    if (wanted !== undefined) {
      if (!fds.includes(wanted)) throw new Refusal(`${actor.label} has no fd ${wanted} on ${prop.label}`);
      return wanted;
    }
    const [lowest] = fds;
    if (lowest === undefined) throw new Refusal(`${actor.label} holds no fd on ${prop.label}`);
    return lowest;
  }

  /** The nth of the actor's mappings of it, in the order they were made. */
  placementOf(actor: Actor, prop: Prop, nth = 0): Placement {
    const found = this.placements.of(actor.task.mm).filter((each) => each.prop === prop)[nth];
    if (found === undefined) throw new Refusal(`${actor.label} has no such mapping of ${prop.label}`);
    return found;
  }

  /** ftruncate: pages beyond the end are freed. */
  resize(prop: Prop, size: number): void {
    prop.size = size;
    for (const page of prop.touched) if (page * PAGE >= size) prop.touched.delete(page);
    if (prop.buffer !== null && prop.buffer.resident !== null) prop.buffer.resident = prop.touched.size * PAGE;
  }

  /** As asked for; a device's mapping shows a fake one. */
  offsetOf(actor: Actor, prop: Prop, { start, offset }: Vma): number {
    const found = this.placements
      .of(actor.task.mm)
      .find((each) => each.prop === prop && each.start <= start && start < each.start + each.length);
    return found === undefined ? offset : found.offset + (start - found.start);
  }

  /** Writes to `length` bytes from `offset` on, so that they are backed by memory. */
  touch(prop: Prop, offset: number, length: number): void {
    const { buffer } = prop;
    if (buffer === null || prop.kind === 'dma-buf' || prop.kind === 'gem') return;
    const end = Math.min(offset + length, buffer.size ?? 0);
    for (let at = Math.floor(offset / PAGE); at * PAGE < end; at++) prop.touched.add(at);
    buffer.resident = prop.touched.size * PAGE;
  }
}
