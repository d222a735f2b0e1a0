/** Loads the native add-on, and says what to do when it cannot be loaded. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Severity = 'info' | 'error' | 'data-loss';

export interface CounterInfo {
  readonly name: string;
  readonly severity: Severity;
  /** One sentence for the user. */
  readonly meaning: string;
}

/** The add-on's contract. Numbers name open trackers; only lib/core calls these. */
export interface Addon {
  open(
    name: string,
    posted: boolean,
    eager: boolean,
    maxHandles: number,
    maxVmas: number,
    maxTags: number,
    maxIds: number,
  ): number;
  close(tracker: number): void;
  apply(tracker: number, words: Uint32Array, first: number, count: number, results?: Int32Array): number;
  /** What install and uninstall take and answer: tracker, task, buffer; 0 or −errno. */
  readonly words: Uint32Array;
  readonly install: () => void;
  readonly uninstall: () => void;
  reserve(tracker: number, tasks: boolean, n: number): number;
  internTag(tracker: number, text: string): number;
  tagText(tracker: number, tag: number): string;
  memtrackText(tracker: number, task: number, form: number): string | null;
  memtrackInto(tracker: number, task: number, form: number, out: Uint8Array): number;
  debugfsText(tracker: number): string;
  counters(tracker: number, values: Float64Array): void;
  bytes(tracker: number): number;
  check(tracker: number): string | null;
  buffers(tracker: number, ...columns: Float64Array[]): number;
  holdings(tracker: number, rows: Float64Array, ...columns: Float64Array[]): void;
  holders(tracker: number, buffer: number, tasks: Uint32Array): number;
  readonly counterInfo: readonly CounterInfo[];
  readonly layout: {
    readonly recordBytes: number;
    readonly offsets: Readonly<Record<string, number>>;
    readonly ops: Readonly<Record<string, number>>;
  };
}

const binary = fileURLToPath(new URL('../../build/Release/memtrack.node', import.meta.url));

function load(): Addon {
  try {
    return createRequire(import.meta.url)(binary) as Addon;
  } catch (error) {
    const found = existsSync(binary) ? 'it is there but does not load' : 'it is not there';
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `memtrack: cannot load its native part, ${binary}: ${found} (${reason}). ` +
        'Build it with "npm rebuild memtrack", or "npm run build" in a checkout; that needs python3, make and g++.',
      { cause: error },
    );
  }
}

export const addon: Addon = load();
