import type { DrmClient, GemName } from './drm-debugfs.ts';
import { decimalFigure } from './figure.ts';

export interface ParsedDrmClients {
  readonly clients: readonly DrmClient[];
  /** Lines that were not understood, as they stand. */
  readonly ignored: readonly string[];
}

export interface ParsedGemNames {
  readonly names: readonly GemName[];
  readonly ignored: readonly string[];
}

// A comm has 15 bytes and stands in 20 columns, so blanks in it do not matter. Later kernels append a name and an id.
const CLIENT = /^(.{20}) +(\d+) +(\d+)   ([yn])    ([yn]) +(\d+) +(\d+)(?: .*)?$/su;
const GEM_NAME = /^ *(\d+) +(\d+) +(\d+) +(-?\d+)$/;

/**
 * Reads `clients`.
 *
 * @returns null if the text is not this file.
 */
export function parseDrmClients(text: string): ParsedDrmClients | null {
  const lines = linesOf(text, /^ *command +(?:tgid|pid) dev master a +uid +magic/);
  if (lines === null) return null;
  const clients: DrmClient[] = [];
  const ignored: string[] = [];
  for (const line of lines) {
    const match = CLIENT.exec(line);
    if (match === null) {
      ignored.push(line);
      continue;
    }
    const [, command = '', tgid = '', minor = '', master, authenticated, uid = '', magic = ''] = match;
    clients.push({
      command: command.trimStart() === '<unknown>' ? null : command.trimStart(),
      tgid: decimalFigure(tgid),
      minor: decimalFigure(minor),
      master: master === 'y',
      authenticated: authenticated === 'y',
      uid: decimalFigure(uid),
      magic: decimalFigure(magic),
    });
  }
  return { clients, ignored };
}

/**
 * Reads `gem_names`.
 *
 * @returns null if the text is not this file.
 */
export function parseGemNames(text: string): ParsedGemNames | null {
  const lines = linesOf(text, /^ *name +size +handles +refcount$/);
  if (lines === null) return null;
  const names: GemName[] = [];
  const ignored: string[] = [];
  for (const line of lines) {
    const match = GEM_NAME.exec(line);
    const [name = NaN, size = NaN, handles = NaN, refs = NaN] = (match ?? []).slice(1).map(decimalFigure);
    if (match === null) ignored.push(line);
    else names.push({ name, size, handles, refs });
  }
  return { names, ignored };
}

/** The lines after the head; null: it has another. */
function linesOf(text: string, head: RegExp): readonly string[] | null {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return head.test(lines[0] ?? '') ? lines.slice(1) : null;
}
