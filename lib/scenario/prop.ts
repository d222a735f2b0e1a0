import type { Buffer } from '../model/buffer.ts';
import type { File } from '../model/file.ts';

export type PropKind = 'memfd' | 'posix-shm' | 'sysv-shm' | 'dma-buf' | 'gem' | 'drm-file' | 'io_uring';

/** What a label names: a buffer, or a file that holds buffers. */
export interface Prop {
  readonly label: string;
  readonly kind: PropKind;
  /** Null: a file that holds buffers. */
  readonly buffer: Buffer | null;
  /** Of a DRM file or an io_uring; of a buffer null, for it may have several. */
  readonly file: File | null;
  /** As asked for, in bytes; the kernel may have rounded it up. 0 for files. */
  size: number;
  /** Null: what the buffer says. */
  readonly name: string | null;
  readonly exporter?: string;
  /** Of a POSIX shm, a DRM file, or the DRM device of a GEM object. */
  readonly path?: string;
  readonly shmid?: number;
  /** The last flink name of a GEM object. */
  flink?: number;
  /** What a dumb buffer was made for. */
  readonly picture?: { readonly width: number; readonly height: number; readonly pitch: number; readonly bpp: number };
  /** What a dma-buf was made of, or a GEM object imported from. */
  readonly from: Prop | null;
  /** In the words of the scenario. */
  seals: readonly string[];
  /** Unlinked, or marked for removal. */
  removed: boolean;
  /** Numbers of its pages that someone has written to. */
  readonly touched: Set<number>;
}

export type PropOptions = Pick<Prop, 'label' | 'kind' | 'size'> &
  Partial<Pick<Prop, 'buffer' | 'file' | 'name' | 'exporter' | 'path' | 'shmid' | 'from' | 'picture'>>;

export function makeProp(options: PropOptions): Prop {
  return {
    buffer: null,
    file: null,
    name: null,
    from: null,
    seals: [],
    removed: false,
    touched: new Set(),
    ...options,
  };
}
