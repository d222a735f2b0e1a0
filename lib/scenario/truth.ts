/** The truth at one step, in the shape of the files that the recorder of real kernels writes. */

export interface Truth {
  readonly step: number;
  readonly name: string;
  readonly note: string;
  /** Processes and threads in the order they were made, the dead ones too. */
  readonly actors: readonly TruthActor[];
  /** Everything ever made, alive or not. */
  readonly buffers: readonly TruthBuffer[];
}

export interface TruthActor {
  readonly label: string;
  readonly pid: number;
  readonly tid: number;
  readonly state: 'alive' | 'zombie' | 'gone';
  /** The same number: one shared table of descriptors. */
  readonly file_table: number;
  /** The same number: one memory. */
  readonly address_space: number;
  /** Label of the parent process, for a thread of its leader. */
  readonly parent: string;
  readonly kind: 'process' | 'thread';
}

export interface TruthBuffer {
  readonly label: string;
  readonly kind: string;
  readonly alive: boolean;
  /** Bytes, as asked for. */
  readonly size: number;
  readonly name: string;
  readonly exporter?: string;
  /** st_dev in decimal. */
  readonly dev?: string;
  readonly ino?: number;
  readonly path?: string;
  readonly shmid?: number;
  readonly flink?: number;
  /** Of shm: no new opener can come. */
  readonly name_removed?: boolean;
  /** Separated by commas. */
  readonly seals?: string;
  /** Label of the memfd whose pages a udmabuf is made of. */
  readonly pages_of?: string;
  /** Label of the GEM object that a dma-buf was exported from. */
  readonly exported_from?: string;
  /** Label of the dma-buf that a GEM object was imported from. */
  readonly imported_from?: string;
  readonly fds: readonly TruthFd[];
  readonly maps: readonly TruthMap[];
  readonly in_flight?: readonly { readonly from: string; readonly to: string }[];
  readonly registered_in?: readonly { readonly ring: string }[];
  readonly handles?: readonly { readonly drm_file: string; readonly handle: number }[];
  readonly framebuffers?: readonly { readonly drm_file: string; readonly fb: number }[];
}

interface OfActor {
  /** Label. */
  readonly actor: string;
  readonly pid: number;
  readonly tid: number;
}

export interface TruthFd extends OfActor {
  readonly fd: number;
  readonly cloexec: boolean;
}

export interface TruthMap extends OfActor {
  /** Hexadecimal. */
  readonly start: string;
  /** Bytes. */
  readonly length: number;
  readonly offset: number;
  /** `rw-s` */
  readonly perms: string;
}

/** The text of a truth file: a line for each actor and for each buffer. */
export function formatTruth({ step, name, note, actors, buffers }: Truth): string {
  const rows = (list: readonly object[]): string => list.map((row) => `\n  ${JSON.stringify(row)}`).join(',');
  return (
    `{\n "step": ${step}, "name": ${JSON.stringify(name)}, "note": ${JSON.stringify(note)},\n` +
    ` "actors": [${rows(actors)}\n ],\n "buffers": [${rows(buffers)}\n ]\n}\n`
  );
}
