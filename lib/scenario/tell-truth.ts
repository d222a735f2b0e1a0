import type { Actor } from './actor.ts';
import type { Prop } from './prop.ts';
import type { Stage } from './stage.ts';
import type { Truth, TruthActor, TruthBuffer, TruthFd, TruthMap } from './truth.ts';

/** What is true now, as the kernel's tables, address spaces, queues and files have it. */
export function tellTruth(stage: Stage, step: number, name: string, note: string): Truth {
  return {
    step,
    name,
    note,
    actors: stage.actors.map((actor) => actorOf(stage, actor)),
    buffers: [...stage.props.values()].map((prop) => bufferOf(stage, prop)),
  };
}

function actorOf(stage: Stage, actor: Actor): TruthActor {
  const { label, task } = actor;
  return {
    label,
    pid: task.pid,
    tid: task.tid,
    state: task.state === 'dead' ? 'gone' : task.state,
    file_table: stage.tables.of(actor),
    address_space: stage.spaces.of(actor),
    parent: parentOf(stage, actor),
    kind: actor.leader === actor ? 'process' : 'thread',
  };
}

function parentOf(stage: Stage, actor: Actor): string {
  if (actor.leader !== actor) return actor.leader.label;
  const { task } = actor;
  if (task.state !== 'dead')
    return stage.actors.find((each) => each.leader === each && each.task === task.parent)?.label ?? 'director';
  return actor.parent?.task.group.alive === true ? actor.parent.label : 'director';
}

function bufferOf(stage: Stage, prop: Prop): TruthBuffer {
  const { label, kind, buffer, file } = prop;
  const inFlight = flightsOf(stage, prop);
  const rings = ringsOf(stage, prop);
  return {
    label,
    kind,
    alive: buffer === null ? file !== null && file.refs > 0 : buffer.alive,
    size: prop.size,
    name: prop.name ?? buffer?.name ?? '',
    ...(prop.exporter === undefined ? {} : { exporter: prop.exporter }),
    ...identityOf(prop),
    ...(prop.path === undefined ? {} : { path: prop.path }),
    ...(prop.shmid === undefined ? {} : { shmid: prop.shmid }),
    ...(prop.flink === undefined ? {} : { flink: prop.flink }),
    ...(kind === 'sysv-shm' || kind === 'posix-shm' ? { name_removed: prop.removed } : {}),
    ...(prop.seals.length === 0 ? {} : { seals: prop.seals.join(',') }),
    ...sourceOf(prop),
    fds: fdsOf(stage, prop),
    maps: mapsOf(stage, prop),
    ...(inFlight.length === 0 ? {} : { in_flight: inFlight }),
    ...(rings.length === 0 ? {} : { registered_in: rings }),
    ...(kind === 'gem' ? heldBy(stage, prop) : {}),
  };
}

function identityOf({ kind, buffer, file }: Prop): { readonly dev?: string; readonly ino?: number } {
  if (kind === 'sysv-shm' || kind === 'gem' || kind === 'io_uring') return {};
  const { dev, inode } = buffer?.files[0] ?? file?.identity ?? { dev: null, inode: null };
  return dev === null || inode === null ? {} : { dev, ino: inode };
}

function sourceOf({ kind, from }: Prop): Partial<TruthBuffer> {
  if (from === null) return {};
  if (kind === 'gem') return { imported_from: from.label };
  return from.kind === 'memfd' ? { pages_of: from.label } : { exported_from: from.label };
}

function ofActor({ label, task }: Actor): { readonly actor: string; readonly pid: number; readonly tid: number } {
  return { actor: label, pid: task.pid, tid: task.tid };
}

function fdsOf(stage: Stage, prop: Prop): TruthFd[] {
  return alive(stage).flatMap((actor) =>
    stage.fdsOf(actor, prop).map((fd) => ({ ...ofActor(actor), fd, cloexec: actor.task.files.cloexec(fd) })),
  );
}

function mapsOf(stage: Stage, prop: Prop): TruthMap[] {
  if (prop.buffer === null) return [];
  return alive(stage).flatMap((actor) =>
    actor.task.mm.vmas
      .filter((vma) => vma.buffer === prop.buffer)
      .map((vma) => ({
        ...ofActor(actor),
        start: vma.start.toString(16),
        length: vma.end - vma.start,
        offset: stage.offsetOf(actor, prop, vma),
        perms: vma.perms,
      })),
  );
}

function flightsOf(stage: Stage, prop: Prop): { readonly from: string; readonly to: string }[] {
  return stage.actors.flatMap((to) =>
    to.mail.flatMap((message) =>
      message.files
        .filter((file) => stage.isOf(prop, file))
        .map(() => ({ from: stage.senders.get(message)?.label ?? '', to: to.label })),
    ),
  );
}

/** io_urings that have it among their registered files. */
function ringsOf(stage: Stage, prop: Prop): { readonly ring: string }[] {
  return holdersOf(stage, prop, 'registered').map(({ holder }) => ({ ring: holder.label }));
}

function heldBy(stage: Stage, prop: Prop): Partial<TruthBuffer> {
  return {
    handles: holdersOf(stage, prop, 'handle').map(({ holder, number }) => ({ drm_file: holder.label, handle: number })),
    framebuffers: holdersOf(stage, prop, 'framebuffer').map(({ holder, number }) => ({
      drm_file: holder.label,
      fb: number,
    })),
  };
}

function holdersOf(
  stage: Stage,
  prop: Prop,
  via: 'handle' | 'framebuffer' | 'registered',
): readonly { readonly holder: Prop; readonly number: number }[] {
  return [...stage.props.values()].flatMap((holder) => {
    const { file } = holder;
    if (file === null || file.refs === 0) return [];
    return [...(file.operations.holds?.(file) ?? [])]
      .filter((held) => held.via === via && held.buffer === prop.buffer)
      .map(({ number }) => ({ holder, number }));
  });
}

function alive(stage: Stage): readonly Actor[] {
  return stage.actors.filter((actor) => actor.alive);
}
