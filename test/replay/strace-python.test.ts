import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../lib/core/snapshot.ts';
import { replay } from '../../lib/replay/index.ts';
import { openTrace } from '../../lib/trace/open.ts';

const CAPTURE = new URL('../captures/strace-python/', import.meta.url);

interface Truth {
  readonly processes: Readonly<Record<string, string>>;
  readonly buffers: readonly {
    readonly name: string;
    readonly size: number;
    readonly fds: readonly { readonly pid: number; readonly fd: number }[];
    readonly maps: readonly {
      readonly pid: number;
      readonly start: string;
      readonly length: number;
      readonly offset: number;
      readonly perms: string;
    }[];
  }[];
}

function read(name: string): string {
  return readFileSync(new URL(name, CAPTURE), 'utf8');
}

/** Snapshot number, and its wall clock in nanoseconds. */
const moments = read('snapshots.txt')
  .trim()
  .split('\n')
  .map((line) => {
    const [number = '', time = ''] = line.split(' ');
    const [seconds = '', fraction = ''] = time.split('.');
    return { number, at: BigInt(seconds + fraction.padEnd(9, '0')) };
  });

/** The link text that /proc/[pid]/fd shows. */
function linkOf({ buffers }: Snapshot, row: number): string {
  const name = buffers.name[row] ?? '';
  if (buffers.kind[row] === 'memfd') return `/memfd:${name} (deleted)`;
  return `/dev/shm/${name}${buffers.kept[row] === 'named' ? '' : ' (deleted)'}`;
}

function shown(snapshot: Snapshot): Truth {
  const { buffers, processes, fds, maps } = snapshot;
  const rows = Array.from({ length: processes.length }, (_, row) => row);
  const users = (row: readonly (readonly number[])[], id: number): number[] =>
    rows.filter((process) => row[process]!.includes(id)).map((process) => processes.pid[process]!);
  return {
    processes: Object.fromEntries(
      rows
        .filter((row) => processes.state[row] === 'alive')
        .map((row) => [String(processes.pid[row]), processes.comm[row] ?? '']),
    ),
    buffers: Array.from({ length: buffers.length }, (_, buffer) => ({
      name: linkOf(snapshot, buffer),
      size: buffers.size[buffer]!,
      fds: fds.fd.flatMap((fd, i) =>
        fds.buffer[i] === buffer ? users(processes.tables, fds.table[i]!).map((pid) => ({ pid, fd })) : [],
      ),
      maps: maps.start.flatMap((start, i) =>
        maps.buffer[i] !== buffer
          ? []
          : users(processes.addressSpaces, maps.addressSpace[i]!).map((pid) => ({
              pid,
              start: start.toString(16),
              length: maps.bytes[i]!,
              offset: maps.offset[i]!,
              perms: maps.perms[i]!,
            })),
      ),
    })),
  };
}

/** Only what both have, in one order. */
function comparable({ processes, buffers }: Truth): unknown {
  const sorted = (list: readonly object[]): string[] => list.map((entry) => JSON.stringify(entry)).sort();
  return {
    processes,
    buffers: sorted(buffers.map(({ name, size, fds, maps }) => ({ name, size, fds: sorted(fds), maps: sorted(maps) }))),
  };
}

describe('the Python program, compared with /proc at every checkpoint', () => {
  test.each(moments)('checkpoint $number', async ({ number, at }) => {
    const truth = JSON.parse(read(`truth-${number}.json`)) as Truth;
    const replayed = await replay(await openTrace(new URL('python.strace.gz', CAPTURE).pathname), { at });
    const snapshot = replayed.snapshot();
    expect(replayed.tracker.check()).toBeNull();
    replayed.close();
    expect(comparable(shown(snapshot))).toEqual(comparable(truth));
    expect(snapshot.buffers.known).toEqual(snapshot.buffers.known.map(() => 'exact'));
    expect(replayed.losses.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('checkpoint 1: two are in flight as well', async () => {
    const at = moments[1]!.at;
    const replayed = await replay(await openTrace(new URL('python.strace.gz', CAPTURE).pathname), { at });
    const { inFlight, buffers } = replayed.snapshot();
    replayed.close();
    expect(inFlight.buffer.map((row) => buffers.name[row])).toEqual(['tile-0', 'tile-1']);
    expect(inFlight.from).toEqual([17069, 17069]);
  });

  test('the end: everyone has ended, nothing is left', async () => {
    const replayed = await replay(await openTrace(new URL('python.strace.gz', CAPTURE).pathname));
    const { processes, buffers } = replayed.snapshot();
    replayed.close();
    expect(buffers.length).toBe(0);
    expect(processes.pid.map((pid, row) => `${pid} ${processes.state[row]!} ${processes.status[row]!}`)).toEqual([
      '17069 exited 0',
      '17070 exited 0',
      '17071 exited 0',
      '17384 killed 9',
    ]);
  });
});
