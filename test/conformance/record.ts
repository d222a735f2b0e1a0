import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { GuestRun } from './guest.ts';

/** Keeps a run as captures/KERNEL/SCENARIO, in the place of the one that is there. */
export function record(run: GuestRun, captures: string, kernel: string, scenario: string): void {
  const to = path.join(captures, kernel, scenario);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const name of ['guest.txt', 'selfcheck.txt'])
    writeFileSync(path.join(to, name), readFileSync(path.join(run.directory, name)));
  for (const { name, snap } of run.steps) {
    writeFileSync(path.join(to, `${name}.json`), readFileSync(path.join(run.directory, 'steps', `${name}.json`)));
    writeFileSync(path.join(to, `${name}.snap.gz`), gzipSync(snap, { level: 9 }));
  }
}
