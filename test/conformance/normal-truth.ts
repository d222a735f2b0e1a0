import type { Truth, TruthBuffer } from '../../lib/scenario/truth.ts';

export type NormalTruth = Readonly<Record<'step' | 'name' | 'note' | 'actors' | 'buffers', unknown>>;

type Row = Readonly<Record<string, unknown>>;

/**
 * A truth without what differs from one boot to the next (docs/conformance.md): pids and device numbers become the order in
 * which they first appear, mappings lose their address, inode numbers of memfds and devices become labels.
 */
export function normalTruth(truth: Truth): NormalTruth {
  const pids = new Ordinals();
  const actors = truth.actors.map((actor) => ({ ...actor, pid: pids.of(actor.pid), tid: pids.of(actor.tid) }));
  const devices = new Ordinals<string>();
  const order = new Map(truth.actors.map(({ label }, index) => [label, index]));
  const place = (row: Row): string =>
    [order.get(String(row['actor'])), row['offset'], row['length'], row['perms']]
      .map((each) => String(each).padStart(12))
      .join();
  const buffers = truth.buffers.map((buffer) => ({
    ...buffer,
    ...identity(buffer, devices),
    fds: buffer.fds.map((fd) => ({ ...fd, pid: pids.of(fd.pid), tid: pids.of(fd.tid) })),
    maps: buffer.maps
      .map(({ start: _start, ...map }) => ({ ...map, pid: pids.of(map.pid), tid: pids.of(map.tid) }))
      .sort((a, b) => (place(a) < place(b) ? -1 : 1)),
    ...(buffer.framebuffers === undefined ? {} : { framebuffers: buffer.framebuffers.map(({ drm_file }) => drm_file) }),
    ...(buffer.in_flight === undefined
      ? {}
      : { in_flight: buffer.in_flight.map(({ from, to }) => `${from} to ${to}`).sort() }),
  }));
  return { ...truth, actors, buffers };
}

function identity({ kind, dev, ino, label, path }: TruthBuffer, devices: Ordinals<string>): object {
  if (dev === undefined || ino === undefined) return {};
  const inode = kind === 'memfd' ? label : kind === 'drm-file' ? path : ino;
  return { dev: devices.of(dev), ino: inode };
}

/** The order in which each was first asked for. */
class Ordinals<Key = number> {
  readonly #known = new Map<Key, number>();

  of(key: Key): number {
    const known = this.#known.get(key) ?? this.#known.size;
    this.#known.set(key, known);
    return known;
  }
}
