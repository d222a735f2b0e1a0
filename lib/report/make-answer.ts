import type { Known } from '../core/snapshot.ts';
import { findTotals, type Holding, pss, rss, uss } from '../rules/index.ts';
import type { Answer, AnswerBuffer, AnswerHolder, AnswerProcess, AnswerTotals, Loss } from './answer.ts';
import { DetailIndex } from './detail.ts';

export interface AnswerOptions {
  /** Counters; those at 0 are left out. */
  readonly losses?: readonly Loss[];
  /** Adds `fdList`, `mapList` and `handleList` to every holder. */
  readonly detail?: boolean;
}

/**
 * The answer for a snapshot whose references are summed up.
 *
 * @example
 * formatJson(makeAnswer(findHolding(replayed.snapshot()), { losses: replayed.losses }))
 */
export function makeAnswer(holding: Holding, options: AnswerOptions = {}): Answer {
  const { snapshot } = holding;
  return {
    schema: 'memtrack/1',
    at: snapshot.at === null ? null : String(snapshot.at),
    mode: snapshot.mode,
    totals: makeTotals(holding),
    processes: makeProcesses(holding),
    buffers: makeBuffers(holding, options.detail === true ? new DetailIndex(holding) : null),
    ...(snapshot.sums === undefined || snapshot.sums.length === 0 ? {} : { sums: snapshot.sums }),
    losses: (options.losses ?? [])
      .filter((loss) => loss.count > 0)
      .map(({ name, severity, count, meaning }) => ({ name, severity, count, meaning })),
  };
}

function makeTotals(holding: Holding): AnswerTotals {
  const totals = findTotals(holding);
  return { ...totals, known: totals.unknownSizes > 0 ? 'lower-bound' : 'exact' };
}

function makeProcesses(holding: Holding): AnswerProcess[] {
  const { snapshot, sharing, byProcess } = holding;
  const { processes } = snapshot;
  const charges = { rss: rss(holding), pss: pss(holding), uss: uss(holding) };
  return Array.from({ length: processes.length }, (_, row) => {
    const begin = byProcess.begin[row] ?? 0;
    const end = byProcess.end[row] ?? 0;
    const group = sharing.members.get(sharing.group[row] ?? row) ?? [];
    return {
      pid: processes.pid[row] ?? NaN,
      comm: processes.comm[row] ?? null,
      state: processes.state[row] ?? 'unknown',
      status: orNull(processes.status[row]),
      rss: charges.rss.bytes[row] ?? 0,
      pss: charges.pss.bytes[row] ?? 0,
      uss: charges.uss.bytes[row] ?? 0,
      buffers: end - begin,
      fds: sum(byProcess.fds, begin, end),
      maps: sum(byProcess.maps, begin, end),
      handles: sum(byProcess.handles, begin, end),
      sharedWith: group.filter((member) => member !== row).map((member) => processes.pid[member] ?? NaN),
      known: charges.rss.lowerBound[row] === 1 ? 'lower-bound' : worst(holding, begin, end),
    };
  });
}

/** Whether any of the buffers held is only inferred. */
function worst({ snapshot: { buffers }, byProcess }: Holding, begin: number, end: number): Known {
  for (let i = begin; i < end; i++) if (buffers.known[byProcess.buffer[i] ?? 0] === 'inferred') return 'inferred';
  return 'exact';
}

function makeBuffers(holding: Holding, detail: DetailIndex | null): AnswerBuffer[] {
  const { buffers } = holding.snapshot;
  return Array.from({ length: buffers.length }, (_, row) => {
    const files = buffers.files[row] ?? [];
    const size = orNull(buffers.size[row]);
    const sizeAtLeast = orNull(buffers.sizeAtLeast[row]);
    const inFlight = holding.inFlight[row] ?? 0;
    const holders = makeHolders(holding, row, detail);
    const kept = inFlight > 0 ? 'inFlight' : (buffers.kept[row] ?? 'unknown');
    return {
      key: buffers.key[row] ?? NaN,
      id: orNull(buffers.id[row]),
      inode: files[0]?.inode ?? null,
      files,
      backing: buffers.key[buffers.backing[row] ?? -1] ?? null,
      size,
      ...(size === null && sizeAtLeast !== null ? { sizeAtLeast } : {}),
      resident: orNull(buffers.resident[row]),
      name: buffers.name[row] ?? null,
      tag: buffers.tag[row] ?? null,
      exporter: buffers.exporter[row] ?? null,
      kind: buffers.kind[row] ?? 'unknown',
      creator: orNull(buffers.creator[row]),
      refs: orNull(buffers.refs[row]),
      userspaceHandles: orNull(buffers.userspaceHandles[row]),
      known: buffers.known[row] ?? 'exact',
      inFlight,
      holders,
      orphan: holders.length > 0 ? null : kept,
    };
  });
}

function makeHolders(holding: Holding, buffer: number, detail: DetailIndex | null): AnswerHolder[] {
  const { snapshot, holders, byHolder } = holding;
  const list: AnswerHolder[] = [];
  for (let i = holders.begin[buffer] ?? 0; i < (holders.begin[buffer + 1] ?? 0); i++) {
    const row = holders.process[i] ?? 0;
    const entry = holders.entry[i] ?? 0;
    list.push({
      pid: snapshot.processes.pid[row] ?? NaN,
      fds: byHolder.fds[entry] ?? 0,
      maps: byHolder.maps[entry] ?? 0,
      handles: byHolder.handles[entry] ?? 0,
      since: snapshot.at === null ? null : String(byHolder.since[entry] ?? 0n),
      ...detail?.of(row, buffer),
    });
  }
  return list;
}

function orNull(figure: number | undefined): number | null {
  return figure === undefined || Number.isNaN(figure) ? null : figure;
}

function sum(figures: Uint32Array, begin: number, end: number): number {
  let total = 0;
  for (let i = begin; i < end; i++) total += figures[i] ?? 0;
  return total;
}
