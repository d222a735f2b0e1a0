import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const PIECE = 8 << 20;
const MICROSECONDS = 1_000_000;

interface Line {
  /** Pieces of the line between its pids; pids stand between them. */
  readonly text: readonly string[];
  readonly pids: readonly number[];
  /** Microseconds since the epoch; the line starts `pid time`, and `text[1]` continues after the time. */
  readonly time: number;
}

/**
 * Repeats an `strace -f -ttt` recording until it has `bytes` bytes: every copy has its own pids (wherever one is written:
 * line starts, results of clone and wait, arguments of kill) and begins a second after the copy before has ended.
 * Everything else is as recorded.
 *
 * @example
 * repeatStrace('17 10.000001 fork() = 18\n18 10.5 exit_group(0) = ?\n', 100, (text) => out.push(text));
 */
export function repeatStrace(recording: string, bytes: number, sink: (text: string) => void): void {
  const raw = recording.split('\n').filter((line) => line !== '');
  const pids = new Set(raw.map((line) => Number(line.slice(0, line.indexOf(' ')))));
  const lines = raw.map((line) => parse(line, pids));
  const times = lines.map((line) => line.time);
  const span = times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b)) + MICROSECONDS;
  const stride = Math.max(...pids) - Math.min(...pids) + 1;
  let written = 0;
  for (let copy = 0; written < bytes; copy++) {
    const text = lines.map((line) => shifted(line, copy * stride, copy * span)).join('');
    written += Buffer.byteLength(text);
    sink(text);
  }
}

/** The repeated recording as a file under `directory`, made if it is not there yet. */
export function ensureRepeated(directory: string, recording: string, bytes: number): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${basename(recording, '.strace.gz')}-${bytes}-v1.strace`);
  if (existsSync(path)) return path;
  const fd = openSync(`${path}.part`, 'w');
  let pending = '';
  const flush = () => {
    const text = Buffer.from(pending);
    for (let done = 0; done < text.length;) done += writeSync(fd, text, done);
    pending = '';
  };
  repeatStrace(gunzipSync(readFileSync(recording)).toString(), bytes, (text) => {
    pending += text;
    if (pending.length > PIECE) flush();
  });
  flush();
  closeSync(fd);
  renameSync(`${path}.part`, path);
  return path;
}

function parse(line: string, known: ReadonlySet<number>): Line {
  const match = /^(\d+) +(\d+)\.(\d{6}) /.exec(line);
  if (match === null) throw new Error(`not a line of strace -f -ttt: ${line}`);
  const pids = [Number(match[1])];
  const text = [''];
  const rest = line.slice(match[0].length);
  let from = 0;
  for (const found of rest.matchAll(/(?<![\w.])\d+(?![\w.])/g)) {
    if (!known.has(Number(found[0]))) continue;
    text.push(rest.slice(from, found.index));
    pids.push(Number(found[0]));
    from = found.index + found[0].length;
  }
  text.push(rest.slice(from));
  return { text, pids, time: Number(match[2]) * MICROSECONDS + Number(match[3]) };
}

function shifted(line: Line, pids: number, time: number): string {
  const at = line.time + time;
  const seconds = Math.floor(at / MICROSECONDS);
  let out = `${line.pids[0]! + pids} ${seconds}.${String(at - seconds * MICROSECONDS).padStart(6, '0')} ${line.text[1]!}`;
  for (let i = 1; i < line.pids.length; i++) out += `${line.pids[i]! + pids}${line.text[i + 1]!}`;
  return `${out}\n`;
}
