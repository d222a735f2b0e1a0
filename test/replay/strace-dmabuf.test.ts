import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../lib/core/snapshot.ts';
import { replay } from '../../lib/replay/index.ts';
import type { Replayed } from '../../lib/replay/index.ts';
import { openTrace } from '../../lib/trace/open.ts';

const CAPTURE = new URL('../captures/strace-dmabuf/', import.meta.url);
const TRACE = new URL('strace.txt.gz', CAPTURE).pathname;

interface TruthStep {
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
    readonly exporter?: string;
    readonly fds: readonly { readonly tid: number; readonly fd: number; readonly cloexec: boolean }[];
    readonly maps: readonly {
      readonly tid: number;
      readonly start: string;
      readonly length: number;
      readonly offset: number;
      readonly perms: string;
    }[];
    readonly in_flight?: readonly { readonly from: string }[];
  }[];
}

/** The moment of each step: before the director opened its snapshot's file. */
const steps = [
  ...gunzipSync(readFileSync(TRACE))
    .toString('latin1')
    .matchAll(/^172 +(\d+)\.(\d+) openat\([^"]*"\/out\/steps\/([\w-]+)\.snap"/gm),
].map(([, seconds = '', fraction = '', name = '']) => ({ name, at: BigInt(seconds + fraction.padEnd(9, '0')) - 1n }));

function truthOf(name: string): TruthStep {
  return JSON.parse(readFileSync(new URL(`steps/${name}.json`, CAPTURE), 'utf8')) as TruthStep;
}

async function replayed(at: bigint): Promise<Replayed> {
  return replay(await openTrace(TRACE), { at });
}

/** Descriptors whose close-on-exec mark only an ioctl's argument tells, which strace prints as a pointer. */
const UNMARKED = new Set(['7', '8', '9', '10', '12']);

/** tid -> fd -> whatever is at it, of tables that live. */
function fdsByTask({ kernel }: Replayed): string[] {
  const lines: string[] = [];
  for (const task of kernel!.tasks()) {
    if (!task.alive) continue;
    const { files } = task;
    for (let fd = 0; fd < files.limit; fd++) {
      const buffer = files.get(fd)?.buffer;
      if (buffer !== null && buffer !== undefined)
        lines.push(
          `${task.tid} ${fd} ${buffer.key} ${files.cloexec(fd) ? 'cloexec' : ''} ${files.inferred(fd) ? 'inferred' : ''}`,
        );
    }
  }
  return lines;
}

function mapsByTask({ kernel }: Replayed): string[] {
  const lines: string[] = [];
  for (const task of kernel!.tasks()) {
    if (!task.alive) continue;
    for (const { start, end, offset, perms, file } of task.mm.vmas) {
      if (file.buffer !== null)
        lines.push(`${task.tid} ${start.toString(16)}+${end - start}@${offset} ${perms} ${file.buffer.key}`);
    }
  }
  return lines.sort();
}

/** Which of our buffers is which of the truth's: by the order in which they were made. */
const KEYS: Readonly<Record<string, number>> = { ring0: 1, frame0: 2, frame1: 4, scratch: 5, anon: 6, private: 8 };

describe('dma-bufs in a virtual machine, compared with the kernel at every step', () => {
  test('every step of the scenario has its moment', () => {
    expect(steps.length).toBe(16);
  });

  test.each(steps)('$name', async ({ name, at }) => {
    const truth = truthOf(name);
    const run = await replayed(at);
    const snapshot = run.snapshot();
    expect(run.tracker.check()).toBeNull();

    // Processes.
    const alive = snapshot.processes.pid.filter((pid, row) => pid !== 172 && snapshot.processes.state[row] === 'alive');
    const expected = new Set(
      truth.actors.filter(({ state, kind }) => state === 'alive' && kind === 'process').map(({ pid }) => pid),
    );
    expect(new Set(alive)).toEqual(expected);

    // Descriptors, with their marks.
    const fds = new Map<string, { fd: string; cloexec: string; inferred: string }>(
      fdsByTask(run).map((line) => {
        const [tid = '', fd = '', key = '', cloexec = '', inferred = ''] = line.split(' ');
        return [`${tid} ${fd} ${key}`, { fd, cloexec, inferred }] as const;
      }),
    );
    const truthFds = new Map<string, boolean>(
      truth.buffers.flatMap(({ label, fds: list }) =>
        list.map(({ tid, fd, cloexec }) => [`${tid} ${fd} ${KEYS[label]!}`, cloexec] as const),
      ),
    );
    expect([...truthFds.keys()].filter((key) => !fds.has(key))).toEqual([]);
    // After helper's exec one descriptor more is shown, and marked: the ioctl's argument told that it was close-on-exec.
    const more = [...fds].filter(([key]) => !truthFds.has(key));
    expect(more.map(([key, { inferred }]) => `${key} ${inferred}`)).toEqual(
      name >= '11' && name < '15' ? ['184 7 2 inferred'] : [],
    );
    for (const [key, cloexec] of truthFds) {
      if (!UNMARKED.has(fds.get(key)!.fd))
        expect(`${key} ${fds.get(key)!.cloexec}`).toBe(`${key} ${cloexec ? 'cloexec' : ''}`);
    }

    // Mappings.
    expect(mapsByTask(run)).toEqual(
      truth.buffers
        .flatMap(({ label, maps }) =>
          maps.map(
            ({ tid, start, length, offset, perms }) => `${tid} ${start}+${length}@${offset} ${perms} ${KEYS[label]!}`,
          ),
        )
        .sort(),
    );

    // In flight.
    const pids = new Map(truth.actors.map(({ label, pid }) => [label, pid]));
    expect(
      snapshot.inFlight.buffer.map((row, i) => `${snapshot.buffers.key[row]!} from ${snapshot.inFlight.from[i]!}`),
    ).toEqual(
      truth.buffers.flatMap(({ label, in_flight: sent = [] }) =>
        sent.map(({ from }) => `${KEYS[label]!} from ${pids.get(from)!}`),
      ),
    );

    // What the trace does not carry is null, bounded where it can be, and counted once per buffer.
    checkUnknown(snapshot, truth, run);
    run.close();
  });
});

function checkUnknown({ buffers }: Snapshot, truth: TruthStep, run: Replayed): void {
  for (const [label, key] of Object.entries(KEYS)) {
    const row = buffers.key.indexOf(key);
    const real = truth.buffers.find((buffer) => buffer.label === label);
    if (row < 0 || real === undefined) continue;
    expect(buffers.kind[row]).toBe(real.kind);
    expect(buffers.files[row]).toEqual([]);
    if (real.kind === 'memfd') {
      expect(buffers.size[row]).toBe(real.size);
    } else {
      expect(buffers.size[row]).toBeNaN();
      expect(buffers.sizeAtLeast[row]! > real.size).toBe(false);
      expect(buffers.exporter[row]).toBe(real.exporter);
    }
  }
  const made = buffers.key.length === 0 ? 5 : Math.max(...buffers.key);
  const dmaBufs = Object.entries(KEYS).filter(
    ([label, key]) => label !== 'ring0' && (key <= made || truth.buffers.some((one) => one.label === label)),
  );
  expect(run.losses.find(({ name }) => name === 'buffer_size_unknown')?.count).toBe(dmaBufs.length);
}

test('frame0 is at least as large as its largest mapping', async () => {
  const step = steps.find(({ name }) => name === '05-map-only')!;
  const run = await replayed(step.at);
  const { buffers } = run.snapshot();
  run.close();
  const bound = Object.fromEntries(buffers.key.map((key, row) => [key, buffers.sizeAtLeast[row]!]));
  expect(bound[KEYS['frame0']!]).toBe(1048576);
  expect(bound[KEYS['frame1']!]).toBe(65536 + 131072);
});
