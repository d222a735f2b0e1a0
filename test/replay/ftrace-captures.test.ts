import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { replay } from '../../lib/replay/index.ts';
import type { Replayed } from '../../lib/replay/index.ts';
import { openTrace } from '../../lib/trace/open.ts';

const CAPTURES = new URL('../captures/ftrace/', import.meta.url);

interface TruthStep {
  readonly step: number;
  readonly name: string;
  readonly actors: readonly {
    readonly label: string;
    readonly pid: number;
    readonly tid: number;
    readonly state: string;
    readonly kind: string;
  }[];
  readonly buffers: readonly {
    readonly label: string;
    readonly kind: string;
    readonly alive: boolean;
    readonly size: number;
    readonly ino?: number;
    readonly dev?: string;
    readonly exporter?: string;
    readonly fds: readonly { readonly tid: number; readonly fd: number; readonly cloexec: boolean }[];
    readonly maps: readonly {
      readonly tid: number;
      readonly start: string;
      readonly length: number;
      readonly offset: number;
      readonly perms: string;
    }[];
  }[];
}

/** Kinds that a trace with these probes tells: of the others it shows neither inode nor path. */
const KINDS = new Set(['dma-buf', 'memfd']);

function stepsOf(capture: string): readonly (TruthStep & { readonly at: bigint })[] {
  const read = (file: string): string => gunzipSync(readFileSync(new URL(file, CAPTURES))).toString('latin1');
  const steps = JSON.parse(read(`${capture}.steps.json.gz`)) as TruthStep[];
  const moments = new Map(
    [...read(`${capture}.trace.gz`).matchAll(/ (\d+)\.(\d{6}): tracing_mark_write: snap \d+-([\w-]+)/g)].map(
      ([, seconds = '', micros = '', name = '']) => [name, BigInt(seconds + micros) * 1000n - 1n],
    ),
  );
  return steps.map((step) => ({ ...step, at: moments.get(step.name)! }));
}

async function replayed(capture: string, at: bigint): Promise<Replayed> {
  return replay(await openTrace(new URL(`${capture}.trace.gz`, CAPTURES).pathname), { at });
}

interface Seen {
  readonly fds: string[];
  readonly maps: string[];
  readonly cloexec: Map<string, boolean>;
}

/** Descriptors and mappings of every task that lives. */
function seenBy({ kernel }: Replayed): Seen {
  const seen: Seen = { fds: [], maps: [], cloexec: new Map() };
  for (const task of kernel!.tasks()) {
    if (!task.alive) continue;
    for (let fd = 0; fd < task.files.limit; fd++) {
      const file = task.files.get(fd);
      const buffer = file?.buffer;
      if (buffer === null || buffer === undefined) continue;
      const line = `${task.tid} fd ${fd} ${buffer.kind} ${buffer.files[0]?.dev ?? '-'} ${buffer.files[0]?.inode ?? -1}`;
      seen.fds.push(line);
      seen.cloexec.set(line, task.files.cloexec(fd));
    }
    for (const { start, end, offset, perms, file } of task.mm.vmas) {
      if (file.buffer === null) continue;
      const { kind, files } = file.buffer;
      seen.maps.push(
        `${task.tid} ${start.toString(16)}+${end - start}@${offset} ${perms} ${kind} ${files[0]?.inode ?? -1}`,
      );
    }
  }
  seen.fds.sort();
  seen.maps.sort();
  return seen;
}

const CAPTURED = [
  ['dmabuf-life', 16],
  ['memfd-shm', 10],
  ['hard-cases', 12],
  ['gem-prime', 12],
  ['gem-two-devices', 6],
  ['framebuffer', 6],
] as const;

describe.each(CAPTURED)('%s, compared with the kernel at every step', (capture, count) => {
  const steps = stepsOf(capture);

  test('every step has its moment in the trace', () => {
    expect(steps.length).toBe(count);
    expect(steps.filter(({ at }) => at === undefined)).toEqual([]);
  });

  test.each(steps)('$name', async ({ actors, buffers, at }) => {
    const run = await replayed(capture, at);
    const snapshot = run.snapshot();
    expect(run.tracker.check()).toBeNull();
    expect(run.facts.mode).toBe('references');
    const truth = buffers.filter(({ kind }) => KINDS.has(kind));

    // The director of the scenario, and kernel threads.
    const others = /^(stage$|kworker)/;
    const alive = snapshot.processes.pid.filter(
      (_, row) => snapshot.processes.state[row] === 'alive' && !others.test(snapshot.processes.comm[row] ?? ''),
    );
    expect(new Set(alive)).toEqual(new Set(actors.filter(({ state }) => state === 'alive').map(({ pid }) => pid)));

    const seen = seenBy(run);
    expect(seen.fds).toEqual(
      truth
        .flatMap(({ kind, dev, ino, fds }) => fds.map(({ tid, fd }) => `${tid} fd ${fd} ${kind} ${dev!} ${ino!}`))
        .sort(),
    );
    expect(seen.maps).toEqual(
      truth
        .flatMap(({ kind, ino, maps }) =>
          maps.map(
            ({ tid, start, length, offset, perms }) => `${tid} ${start}+${length}@${offset} ${perms} ${kind} ${ino!}`,
          ),
        )
        .sort(),
    );

    // Every dma-buf that lives is there, also those that no process holds, and no other.
    const rows = snapshot.buffers.kind.flatMap((kind, row) => (kind === 'dma-buf' ? [row] : []));
    const shown = rows.map(
      (row) =>
        `${snapshot.buffers.files[row]![0]!.inode} ${snapshot.buffers.size[row]} ${snapshot.buffers.exporter[row]}`,
    );
    expect(shown.sort()).toEqual(
      truth
        .filter(({ kind, alive: lives }) => kind === 'dma-buf' && lives)
        .map(({ ino, size, exporter }) => `${ino!} ${size} ${exporter!}`)
        .sort(),
    );
    run.close();
  });
});
