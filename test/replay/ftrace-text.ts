import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect } from 'vitest';
import type { Snapshot } from '../../lib/core/snapshot.ts';
import { replay } from '../../lib/replay/index.ts';
import type { Replayed, ReplayOptions } from '../../lib/replay/index.ts';
import { openTrace } from '../../lib/trace/open.ts';

const open: Replayed[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'memtrack-ftrace-'));
let files = 0;

afterEach(() => {
  for (const replayed of open.splice(0)) replayed.close();
});

/** Replays lines `TASK-TID SECONDS: EVENT: ARGS`, which get a CPU and a place in a file; closes after the test. */
export async function playedText(lines: string, options?: ReplayOptions): Promise<Replayed> {
  const text = lines
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/^(.*?-\d+(?: +\([ \d-]+\))?) +(\d+\.\d+: )/, '$1 [000] ..... $2'))
    .join('\n');
  const file = path.join(folder, `${++files}.txt`);
  writeFileSync(file, `# tracer: nop\n#\n${text}\n`);
  return playedFile(file, options);
}

export async function playedFile(file: string, options?: ReplayOptions): Promise<Replayed> {
  const replayed = await replay(await openTrace(file), options);
  open.push(replayed);
  expect(replayed.tracker.check()).toBeNull();
  return replayed;
}

/** `pid: bytes …` of processes that hold or are charged for something, and `nobody: …`. */
export function chargesOf({ buffers, processes, holds }: Snapshot): Record<string, number[]> {
  const charges: Record<string, number[]> = {};
  const held = new Set<number>();
  for (let i = 0; i < (holds?.length ?? 0); i++) {
    const pid = processes.pid[holds!.process[i]!]!;
    held.add(holds!.buffer[i]!);
    (charges[String(pid)] ??= []).push(buffers.size[holds!.buffer[i]!]!);
  }
  const nobody = buffers.size.filter((_, row) => !held.has(row));
  return nobody.length === 0 ? charges : { ...charges, nobody };
}
