import { stat } from 'node:fs/promises';
import type { Semantics } from '../core/tracker.ts';
import { adviceFor, replay, spanOf } from '../replay/index.ts';
import type { Replayed } from '../replay/index.ts';
import { escapeText, formatTime } from '../report/index.ts';
import { openTrace } from '../trace/open.ts';
import type { TraceFormat } from '../trace/sniff.ts';
import { InputError } from './exit-status.ts';
import type { Io } from './io.ts';
import type { Moment } from './moment.ts';
import { Progress } from './progress.ts';

export interface TraceOptions {
  readonly at: Moment | null;
  readonly semantics: Semantics;
  readonly format: TraceFormat | undefined;
}

/** Replays one recording for any question, and says on stderr what the user should know. Close the result. */
export async function replayTrace(io: Io, path: string, options: TraceOptions): Promise<Replayed> {
  const { format, semantics } = options;
  const at = await resolve(io, path, options);
  const reader = await openTrace(path, { ...(format === undefined ? {} : { format }), signal: io.signal });
  if (at !== null && reader.facts.clock === null) {
    await reader.close();
    throw withoutClock(path);
  }
  const until = at !== null && options.at?.from === 'start' ? (reader.facts.start ?? 0n) + at : at;
  const progress = new Progress(io, shown(path));
  const onProgress = (done: Parameters<Progress['update']>[0]): void => progress.update(done);
  try {
    const replayed = await replay(reader, { at: until, semantics, signal: io.signal, onProgress });
    progress.stop();
    warn(io, path, semantics, replayed);
    return replayed;
  } finally {
    progress.stop();
  }
}

/** Refuses what `replayTrace` would, as far as its beginning tells; what can be read only once is left alone. */
export async function checkTrace(io: Io, path: string, { at, format }: TraceOptions): Promise<void> {
  if (!(await canBeReadAgain(path))) return;
  const reader = await openTrace(path, { ...(format === undefined ? {} : { format }), signal: io.signal });
  await reader.close();
  if (at !== null && reader.facts.clock === null) throw withoutClock(path);
}

function withoutClock(path: string): InputError {
  return new InputError(`${shown(path)}: has no clock, so --at cannot be found in it; leave --at out to see its end`);
}

/** Nanoseconds on the clock, or after the start, which the recording itself tells when it is opened. */
async function resolve(io: Io, path: string, { at, format }: TraceOptions): Promise<bigint | null> {
  if (at === null || at.from !== 'end') return at?.nanoseconds ?? null;
  if (!(await canBeReadAgain(path)))
    throw new InputError(`${shown(path)}: a time before its end needs to read it twice; save it to a file first`);
  const reader = await openTrace(path, { ...(format === undefined ? {} : { format }), signal: io.signal });
  const span = await spanOf(reader);
  if (span === null) throw withoutClock(path);
  return span.end - at.nanoseconds;
}

/** Not a pipe, a terminal or the like. What is not there at all is for the reader to refuse. */
async function canBeReadAgain(path: string): Promise<boolean> {
  if (path === '-') return false;
  const found = await stat(path).catch(() => null);
  return found === null || found.isFile() || found.isDirectory();
}

function warn(io: Io, path: string, semantics: Semantics, { facts, losses, kernel }: Replayed): void {
  const { at, start, end, origin, family } = facts;
  const say = (text: string): void => void io.stderr.write(`memtrack: ${shown(path)}: ${text}\n`);
  if (facts.interrupted) say('interrupted; what follows is the state up to there');
  if (at !== null && start !== null && at < start)
    say(`${formatTime(at)} is before the first event, ${formatTime(start)}`);
  if (at !== null && end !== null && at > end && !facts.interrupted)
    say(`${formatTime(at)} is after the last event, ${formatTime(end)}`);
  if (semantics === 'posted' && family === 'events')
    say('posted tracks only buffers of exporters that give a memtrack buffer (ION), and this recording has none');
  if (kernel !== null && [...kernel.groups].some(({ leader }) => leader.tid === 0)) say(WITHOUT_PIDS);
  const advice = adviceFor(origin, losses);
  if (advice !== null) say(advice);
}

/** One file of strace -ff has them in its name alone, and the recording is only whole with the others. */
const WITHOUT_PIDS =
  'has no pids: record with strace -f -o FILE; files of strace -ff (FILE.PID) must first be merged by strace-log-merge FILE';

function shown(path: string): string {
  return path === '-' ? 'standard input' : escapeText(path);
}
