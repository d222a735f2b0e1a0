import type { Measurement } from '../measurement.ts';
import { Stopwatch } from '../stopwatch.ts';
import type { Workload } from '../workload/workload-file.ts';
import type { Rival } from './rival.ts';

const BATCH = 4096;

/** Executes a workload with its reads and measures what comes after its preparation. */
export function drive(rival: Rival, workload: Workload, withReads: boolean): Measurement {
  const { words, count, timedFrom } = workload;
  const reads = withReads ? workload.reads : new Uint32Array(0);
  for (let at = 0; at < timedFrom; at += BATCH) rival.execute(words, at, Math.min(at + BATCH, timedFrom));
  const watch = new Stopwatch();
  let textBytes = 0;
  let at = timedFrom;
  watch.start();
  for (let i = 0; i < reads.length; i += 2) {
    at = advance(rival, words, at, reads[i]!);
    textBytes += rival.read(reads[i + 1]!);
  }
  advance(rival, words, at, count);
  const timed = watch.stop();
  return { units: count - timedFrom, ...timed, textBytes, digest: digestOf(rival, workload.alive) };
}

function advance(rival: Rival, words: Uint32Array, from: number, to: number): number {
  for (let at = from; at < to; at += BATCH) rival.execute(words, at, Math.min(at + BATCH, to));
  return to;
}

/** Sum modulo 2³² of the FNV-1a hashes of the memtrack texts of `tasks`; no order, so every rival may keep its own. */
function digestOf(rival: Rival, tasks: Uint32Array): number {
  let sum = 0;
  for (const task of tasks) {
    const text = Buffer.from(rival.text(task), 'latin1');
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text[i]!, 0x01000193);
    sum = (sum + (hash >>> 0)) >>> 0;
  }
  return sum;
}
