/**
 * GEM without reference counts: what there is follows from who reaches it. Slow and obvious; numbers that the kernel counts are
 * here the lengths of lists. Objects, dma-bufs and DRM files are numbered as they are made.
 */

/** An fd of a task. */
export interface NaiveFd {
  readonly task: number;
  readonly fd: number;
  readonly drm?: number;
  readonly dmaBuf?: number;
}

/** A mapping: of an object by a DRM file's offset, or of a dma-buf. */
export interface NaiveMap {
  readonly task: number;
  readonly start: number;
  readonly drm?: number;
  readonly dmaBuf?: number;
  readonly object: number;
}

interface NaiveHandle {
  readonly drm: number;
  readonly number: number;
  readonly object: number;
}

export class NaiveGem {
  /** DRM file -> its device. */
  readonly drms: number[] = [];
  /** Object -> its device, and the dma-buf it imports. */
  readonly objects: { readonly device: number; readonly importOf: number | null }[] = [];
  /** dma-buf -> the object it was exported from. */
  readonly dmaBufs: number[] = [];
  fds: NaiveFd[] = [];
  maps: NaiveMap[] = [];
  handles: NaiveHandle[] = [];
  framebuffers: NaiveHandle[] = [];
  /** Entries of PRIME tables, in the order they were made. */
  prime: { readonly drm: number; readonly number: number; readonly dmaBuf: number }[] = [];
  /** Object -> the dma-buf that it keeps (obj->dma_buf). */
  readonly kept = new Map<number, number>();
  /** Object -> flink name. */
  readonly names = new Map<number, number>();

  /** Lowest from 1 that is not among these. */
  static lowest(taken: readonly number[]): number {
    let number = 1;
    while (taken.includes(number)) number++;
    return number;
  }

  addHandle(drm: number, object: number): number {
    const number = NaiveGem.lowest(this.handles.filter((each) => each.drm === drm).map((each) => each.number));
    this.handles.push({ drm, number, object });
    return number;
  }

  /** The object of a handle; undefined: there is none. */
  objectOf(drm: number, number: number): number | undefined {
    return this.handles.find((each) => each.drm === drm && each.number === number)?.object;
  }

  closeHandle(drm: number, number: number): void {
    this.handles = this.handles.filter((each) => each.drm !== drm || each.number !== number);
    this.prime = this.prime.filter((each) => each.drm !== drm || each.number !== number);
    this.settle();
  }

  handleCount(object: number): number {
    return [...this.handles, ...this.framebuffers].filter((each) => each.object === object).length;
  }

  /** The live dma-buf exported from an object. */
  dmaBufOf(object: number): number | undefined {
    return this.dmaBufs.findIndex((from, dmaBuf) => from === object && this.liveDmaBuf(dmaBuf));
  }

  /** DRM files that nobody has close; what has no handles loses its name and its dma-buf. */
  settle(): void {
    const open = (drm: number): boolean => [...this.fds, ...this.maps].some((each) => each.drm === drm);
    this.handles = this.handles.filter(({ drm }) => open(drm));
    this.framebuffers = this.framebuffers.filter(({ drm }) => open(drm));
    this.prime = this.prime.filter(({ drm }) => open(drm));
    for (let object = 0; object < this.objects.length; object++) {
      if (this.handleCount(object) > 0) continue;
      this.names.delete(object);
      this.kept.delete(object);
    }
  }

  liveObject(object: number): boolean {
    return (
      this.handleCount(object) > 0 ||
      this.maps.some((map) => map.object === object) ||
      this.dmaBufs.some((from, dmaBuf) => from === object && this.liveDmaBuf(dmaBuf))
    );
  }

  liveDmaBuf(dmaBuf: number): boolean {
    return this.dmaBufRefs(dmaBuf) > 0;
  }

  /** fdinfo's count. */
  dmaBufRefs(dmaBuf: number): number {
    return (
      [...this.fds, ...this.maps, ...this.prime].filter((each) => each.dmaBuf === dmaBuf).length +
      [...this.kept.values()].filter((each) => each === dmaBuf).length +
      this.objects.filter(({ importOf }, object) => importOf === dmaBuf && this.liveObject(object)).length
    );
  }

  /** kref of an object. */
  objectRefs(object: number): number {
    return (
      (this.handleCount(object) > 0 ? 1 : 0) +
      [...this.framebuffers, ...this.maps].filter((each) => each.object === object).length +
      this.dmaBufs.filter((from, dmaBuf) => from === object && this.liveDmaBuf(dmaBuf)).length
    );
  }

  /** The object whose pages these are. */
  origin(object: number): number {
    const { importOf } = this.objects[object]!;
    return importOf === null ? object : this.origin(this.dmaBufs[importOf]!);
  }

  /** Objects with pages that a task's fds and mappings hold, as memtrack counts: a DRM file that is only mapped holds nothing. */
  tracked(task: number): ReadonlySet<number> {
    const fds = this.fds.filter((each) => each.task === task);
    const drms = new Set(fds.map(({ drm }) => drm));
    return new Set([
      ...[...this.handles, ...this.framebuffers]
        .filter(({ drm }) => drms.has(drm))
        .map(({ object }) => this.origin(object)),
      ...fds.flatMap(({ dmaBuf }) => (dmaBuf === undefined ? [] : [this.origin(this.dmaBufs[dmaBuf]!)])),
      ...this.maps.filter((each) => each.task === task).map(({ object }) => this.origin(object)),
    ]);
  }
}
