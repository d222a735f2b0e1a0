import type { Snapshot } from '../../lib/core/snapshot.ts';

/** Who holds what, as sorted lines that read well in a failing test: `frame: 4210 fd 5 cloexec`, `frame: 4210 map 7f00+4096@0 rw-s`. */
export function holdersOf({ buffers, processes, fds, maps, inFlight }: Snapshot): string[] {
  const lines: string[] = [];
  const label = (row: number): string => buffers.name[row] ?? `#${buffers.key[row] ?? -1}`;
  for (let process = 0; process < processes.length; process++) {
    const pid = processes.pid[process]!;
    const tables = processes.tables[process]!;
    const spaces = processes.addressSpaces[process]!;
    for (let i = 0; i < fds.length; i++) {
      if (!tables.includes(fds.table[i]!)) continue;
      const marks = `${fds.cloexec[i] === true ? ' cloexec' : ''}${fds.inferred[i] === true ? ' inferred' : ''}`;
      lines.push(`${label(fds.buffer[i]!)}: ${pid} fd ${fds.fd[i]!}${marks}`);
    }
    for (let i = 0; i < maps.length; i++) {
      if (!spaces.includes(maps.addressSpace[i]!)) continue;
      const range = `${maps.start[i]!.toString(16)}+${maps.bytes[i]!}@${maps.offset[i]!}`;
      lines.push(`${label(maps.buffer[i]!)}: ${pid} map ${range} ${maps.perms[i]!}`);
    }
  }
  for (let i = 0; i < inFlight.length; i++)
    lines.push(`${label(inFlight.buffer[i]!)}: in flight from ${inFlight.from[i]!}`);
  return lines.sort();
}

/** `name size`, `?` for what is not known. */
export function buffersOf({ buffers }: Snapshot): string[] {
  return Array.from({ length: buffers.length }, (_, row) => {
    const size = buffers.size[row]!;
    const atLeast = buffers.sizeAtLeast[row]!;
    const shown = Number.isNaN(size) ? (Number.isNaN(atLeast) ? '?' : `≥${atLeast}`) : String(size);
    return `${buffers.name[row] ?? '-'} ${shown}`;
  }).sort();
}
