import type { PseudoDirectory, PseudoFileNode, PseudoLink, PseudoNode, PseudoStat, Reader } from './pseudo-node.ts';

/** A file with this text, which anyone may read. */
export function textFile(read: (reader: Reader) => string): PseudoFileNode {
  return { type: 'file', read: (reader) => ({ text: read(reader), standIns: [] }) };
}

/** A link with this text. */
export function textLink(target: (reader: Reader) => string): PseudoLink {
  return { type: 'link', target };
}

export type Entries = Readonly<Record<string, () => PseudoNode | null>>;

/** A directory of these entries, in this order; one that is null at the time is not there. */
export function fixedDirectory(entries: Entries, stat?: (reader: Reader) => PseudoStat): PseudoDirectory {
  const makers = new Map(Object.entries(entries));
  return {
    type: 'directory',
    names: () => [...makers.keys()].filter((name) => makers.get(name)?.() !== null),
    entry: (name) => makers.get(name)?.() ?? null,
    ...(stat === undefined ? {} : { stat }),
  };
}
