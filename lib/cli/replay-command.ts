import { Option } from 'commander';
import type { Command } from 'commander';
import picocolors from 'picocolors';
import { findHolding } from '../rules/index.ts';
import type { Answer, FormatOptions, ProcessSort, BufferSort } from '../report/index.ts';
import {
  BUFFER_SORTS,
  escapeText,
  formatAnswer,
  formatCsv,
  formatJson,
  formatTime,
  makeAnswer,
  orderAnswer,
  PROCESS_SORTS,
} from '../report/index.ts';
import type { Replayed, ReplayFacts } from '../replay/index.ts';
import type { Status } from './exit-status.ts';
import { STATUS, UsageError } from './exit-status.ts';
import { wantsColour } from './io.ts';
import type { Io } from './io.ts';
import { atOption, formatOption, jsonOption, semanticsOption, strictOption, topOption } from './options.ts';
import type { CommonOptions } from './options.ts';
import { checkTrace, replayTrace } from './replay-trace.ts';

interface ReplayOptions extends CommonOptions {
  readonly by: 'process' | 'buffer';
  readonly top?: number;
  readonly sort?: string;
  readonly csv?: boolean;
  readonly detail?: boolean;
}

const EXAMPLE = `
Examples:
  $ strace -f -yy -ttt -o camera.strace camera-app
  $ memtrack replay camera.strace
  $ memtrack replay camera.strace --at -2s --by buffer --detail`;

/** `memtrack replay TRACE…` */
export function addReplayCommand(program: Command, io: Io, finish: (status: Status) => void): void {
  program
    .command('replay')
    .summary('who holds what, at the end of a trace or at any time')
    .description('Replays traces and prints who holds which shared buffer, and what the traces could not tell.')
    .argument(
      '<trace...>',
      'recordings of strace -f or ftrace, or .mtrk; plain or in gzip or zstd; - is standard input',
    )
    .addOption(atOption())
    .addOption(
      new Option('--by <rows>', 'a row per process or per buffer').choices(['process', 'buffer']).default('process'),
    )
    .addOption(
      new Option(
        '--sort <column>',
        `of processes: ${PROCESS_SORTS.join(', ')}; of buffers: ${BUFFER_SORTS.join(', ')}`,
      ),
    )
    .addOption(topOption())
    .addOption(new Option('--detail', 'every descriptor and mapping'))
    .addOption(semanticsOption())
    .addOption(formatOption())
    .addOption(jsonOption())
    .addOption(new Option('--csv', 'comma-separated values').conflicts('json'))
    .addOption(strictOption())
    .addHelpText('after', EXAMPLE)
    .action(async (paths: readonly string[], options: ReplayOptions) => {
      finish(await replayAll(io, paths, options));
    });
}

async function replayAll(io: Io, paths: readonly string[], options: ReplayOptions): Promise<Status> {
  checkSort(options);
  const documents: object[] = [];
  let status: Status = STATUS.done;
  const how = { at: options.at ?? null, semantics: options.semantics, format: options.format };
  // Nothing is printed of some if another cannot be used.
  if (paths.length > 1) for (const path of paths) await checkTrace(io, path, how);
  for (const path of paths) {
    const replayed = await replayTrace(io, path, how);
    const answer = answerOf(replayed, options);
    const { facts } = replayed;
    replayed.close();
    const rows = (): Answer => orderAnswer(answer, tableOf(options));
    if (options.json === true) documents.push(paths.length === 1 ? rows() : { trace: path, ...rows() });
    else
      io.stdout.write(options.csv === true ? formatCsv(rows(), options.by) : textOf(io, path, facts, answer, options));
    if (facts.interrupted) status = STATUS.interrupted;
    else if (options.strict === true && status === STATUS.done && isLossy(answer)) status = STATUS.losses;
    if (facts.interrupted) break;
  }
  const [only] = documents;
  if (only !== undefined)
    io.stdout.write(formatJson(paths.length === 1 ? only : { schema: 'memtrack-traces/1', traces: documents }));
  return status;
}

function answerOf(replayed: Replayed, { detail = false }: ReplayOptions): Answer {
  return makeAnswer(findHolding(replayed.snapshot()), { losses: replayed.losses, detail });
}

function checkSort({ by, sort, csv, detail }: ReplayOptions): void {
  if (csv === true && detail === true) throw new UsageError('--detail has no place in --csv; ask for --json');
  const known: readonly string[] = by === 'process' ? PROCESS_SORTS : BUFFER_SORTS;
  if (sort !== undefined && !known.includes(sort))
    throw new UsageError(`--sort ${sort}: with --by ${by} it is one of ${known.join(', ')}`);
}

function textOf(io: Io, path: string, facts: ReplayFacts, answer: Answer, options: ReplayOptions): string {
  const ink = picocolors.createColors(wantsColour(io.stdout, io.env));
  const how = { ...tableOf(options), ink, detail: options.detail ?? false };
  return `${ink.dim(headOf(path, facts))}\n${formatAnswer(answer, how)}`;
}

function tableOf({ by, sort, top }: ReplayOptions): FormatOptions {
  const most = top === undefined ? {} : { top };
  return by === 'buffer'
    ? { ...most, by, ...(sort === undefined ? {} : { sort: sort as BufferSort }) }
    : { ...most, by, ...(sort === undefined ? {} : { sort: sort as ProcessSort }) };
}

/** `python.strace.gz: strace, 4.2 s from 1795267378.955130` */
function headOf(path: string, { origin, clock, start, end }: ReplayFacts): string {
  const name = path === '-' ? 'standard input' : escapeText(path);
  if (clock === null) return `${name}: ${origin}, without a clock`;
  if (start === null) return `${name}: ${origin}, without an event`;
  if (end === null) return `${name}: ${origin}, nothing that could be read from ${formatTime(start)} on`;
  return `${name}: ${origin}, ${formatTime(end - start)} s from ${formatTime(start)}`;
}

/** Whether answers may be wrong, or something is missing. */
export function isLossy({ losses }: Answer): boolean {
  return losses.some(({ severity, count }) => count > 0 && (severity === 'error' || severity === 'data-loss'));
}
