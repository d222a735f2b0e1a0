/** What tests of the model share: a sink that writes down the commands, plain buffers, and errors by code. */
import { MemtrackError } from '../../lib/core/errors.ts';
import type { CommandSink } from '../../lib/model/accounting.ts';
import type { Exporter } from '../../lib/model/exporter.ts';
import type { FileOperations } from '../../lib/model/file-operations.ts';
import { File } from '../../lib/model/file.ts';
import { VMA } from '../../lib/model/flags.ts';
import type { Kernel } from '../../lib/model/kernel.ts';
import { formatCommand, splitCommands } from '../command-text.ts';

/** Keeps every command as a line of text. */
export class Recorder implements CommandSink {
  readonly #tags: string[] = [];
  #lines: string[] = [];

  apply(words: Uint32Array, count: number): void {
    this.#lines.push(...splitCommands(words, count).map(formatCommand));
  }

  tag(text: string): number {
    return this.#tags.push(text);
  }

  /** The lines since the last time. */
  take(kernel: Kernel): readonly string[] {
    kernel.flush();
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

export const PLAIN: Exporter = { name: 'test', kind: 'buffer', memtrack: true };
/** As PFN mappings: neighbours stay apart. */
export const APART: FileOperations = { mmap: () => undefined, vmFlags: VMA.noMerge | VMA.noExpand };
/** As page cache: neighbours merge. */
export const MERGING: FileOperations = { mmap: () => undefined };

export function openBuffer(kernel: Kernel, operations = MERGING, size = 1 << 20): File {
  return new File({ buffer: kernel.createBuffer(PLAIN, { size }), operations });
}

/** The errno's name that a call is refused with; throws if it is not. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof MemtrackError) return error.code;
    throw error;
  }
  throw new Error('not refused');
}
